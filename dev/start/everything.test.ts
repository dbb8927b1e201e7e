import { readFile, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive, runNode } from '../../test/support/processes.ts';
import type { RunningProgram } from '../../test/support/processes.ts';
import { startTestNats } from '../../test/support/nats.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import type { TempFolder } from '../../test/support/temp-folder.ts';
import { freePorts } from '../stack/ports.ts';

const EVERYTHING = fileURLToPath(new URL('./everything.ts', import.meta.url));

/**
 * Stands in for a service: ready after a moment, says what it was given, and on SIGTERM says
 * whether nats-server still listened then.
 */
const STUB = `
import { createServer } from 'node:http';
import { connect } from 'node:net';
const { HOST, PORT, NATS_URL, MONGO_URI, FAIL } = process.env;
const log = (level, msg, more) => console.log(JSON.stringify({ level, msg, ...more }));
let ready = false;
setTimeout(() => { ready = true; log(40, 'ready by now'); }, 300);
createServer((request, response) => {
  response.statusCode = request.url === '/readyz' && ready ? 200 : 503;
  response.end();
}).listen(Number(PORT), HOST, () => log(30, 'listening', { port: Number(PORT), NATS_URL, MONGO_URI }));
log(40, 'a warning of ' + PORT);
if (FAIL === PORT) setTimeout(() => { throw new Error('the stub gave up'); }, 600);
process.on('SIGTERM', () => {
  const probe = connect(Number(new URL(NATS_URL).port), HOST);
  const end = (nats) => { log(30, 'stopping', { nats }); process.exit(0); };
  probe.on('connect', () => end('up')).on('error', () => end('down'));
});
`;

let folder: TempFolder;
let programs: RunningProgram[];
let cmdPort: number;
let queryPort: number;
beforeEach(async () => {
  folder = await tempFolder('start-test');
  programs = [];
  [cmdPort = 0, queryPort = 0] = await freePorts(2);
  const stub = join(folder.path, 'stub.mjs');
  await writeFile(stub, STUB);
  await writeFile(
    join(folder.path, 'start.mjs'),
    `import { startEverything } from ${JSON.stringify(EVERYTHING)};
    const stub = ${JSON.stringify(stub)};
    const args = process.argv.slice(2);
    try {
      process.exitCode = await startEverything(args, process.env, { accountCmd: stub, accountQuery: stub });
    } catch (error) {
      console.error(error.message);
      process.exitCode = 1;
    }
    process.exit();`,
  );
});
afterEach(async () => {
  for (const program of programs) program.kill('SIGTERM');
  await Promise.all(programs.map((program) => program.exit));
  await folder.remove();
});

function runStart(env: NodeJS.ProcessEnv = {}): RunningProgram {
  const program = runNode([join(folder.path, 'start.mjs')], {
    NATS_PORT: '0',
    MONGO_PORT: '0',
    NATS_URL: '',
    MONGO_URI: '',
    DATA: join(folder.path, 'data'),
    CMD_PORT: String(cmdPort),
    QUERY_PORT: String(queryPort),
    ...env,
  });
  programs.push(program);
  return program;
}

async function logOf(service: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(join(folder.path, 'data', 'logs', `${service}.log`), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function natsPid(): Promise<number> {
  return Number(await readFile(join(folder.path, 'data', 'nats', 'nats-server.pid'), 'utf8'));
}

describe('make start', () => {
  it('brings up everything, and on a signal stops the services before the servers', async () => {
    const program = runStart();
    await program.printed(/Open an account:/);
    const printed = program.stdout.join('\n');
    expect(printed).toContain(`http://127.0.0.1:${cmdPort}/docs`);
    expect(printed).toContain(`http://127.0.0.1:${queryPort}/docs`);
    expect(printed).toContain(`curl -s -X POST http://127.0.0.1:${cmdPort}/accounts`);
    expect(printed).toContain(`{"ownerName":"Juan Pérez","initialBalance":1000.0}`);
    expect(printed).toContain(`account-cmd | `);
    expect(printed).toContain(`a warning of ${cmdPort}`);
    expect(printed).not.toContain('listening');
    const welcome = printed.indexOf('Open an account:');
    expect(printed.slice(0, welcome).match(/ready by now/g)).toHaveLength(2);
    const pid = await natsPid();

    program.kill('SIGINT');
    expect(await program.exit).toBe(0);
    expect(program.stderr).toEqual([]);
    expect(isAlive(pid)).toBe(false);
    for (const service of ['account-cmd', 'account-query']) {
      const lines = await logOf(service);
      expect(lines).toContainEqual(
        expect.objectContaining({
          msg: 'listening',
          NATS_URL: expect.stringMatching(/^nats:\/\/127\.0\.0\.1:\d+$/) as string,
          MONGO_URI: expect.stringMatching(
            /^mongodb:\/\/127\.0\.0\.1:\d+\/\?replicaSet=/,
          ) as string,
        }),
      );
      expect(lines.at(-1)).toMatchObject({ msg: 'stopping', nats: 'up' });
    }
  });

  it('uses the servers that the environment names', async () => {
    const nats = await startTestNats();
    const mongoUri = 'mongodb://teller:secret@127.0.0.1:1/';
    const program = runStart({ NATS_URL: nats.url, MONGO_URI: mongoUri });
    await program.printed(/Open an account:/);
    expect(program.stdout.slice(0, 2)).toEqual([
      `nats-server: NATS_URL ${nats.url}`,
      'mongod: MONGO_URI mongodb://127.0.0.1:1/',
    ]);
    expect(await readdir(join(folder.path, 'data'))).toEqual(['logs']);
    program.kill('SIGTERM');
    expect(await program.exit).toBe(0);
    expect(await logOf('account-cmd')).toContainEqual(
      expect.objectContaining({ NATS_URL: nats.url, MONGO_URI: mongoUri }),
    );
    // A server that it did not start is not its to stop.
    expect(isAlive(nats.pid)).toBe(true);
    await nats.remove();
  });

  it('says which service ended and why, and stops the rest', async () => {
    const program = runStart({ FAIL: String(queryPort) });
    expect(await program.exit).toBe(1);
    const told = program.stderr.join('\n');
    expect(told).toMatch(
      /^account-query ended by itself \(exit code 1\); the end of .*query\.log:/,
    );
    expect(told).toContain('the stub gave up');
    expect(isAlive(await natsPid())).toBe(false);
    expect((await logOf('account-cmd')).at(-1)).toMatchObject({ msg: 'stopping' });
  });

  it.each([
    ['CMD_PORT', 'account-cmd'],
    ['QUERY_PORT', 'account-query'],
    ['NATS_PORT', 'nats-server'],
    ['MONGO_PORT', 'mongod'],
  ])('says in one line that the port of %s is taken', async (variable, name) => {
    const [port = 0] = await freePorts(1);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    const program = runStart({ [variable]: String(port) });
    expect(await program.exit).toBe(1);
    expect(program.stderr).toHaveLength(1);
    expect(program.stderr[0]).toContain(`port ${port} for ${name} is taken`);
    expect(program.stderr[0]).toContain(variable);
    await new Promise((resolve) => other.close(resolve));
  });
});
