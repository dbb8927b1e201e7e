import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually } from '../../test/support/await.ts';
import { fakeProgram } from '../../test/support/fake-program.ts';
import { isAlive } from '../../test/support/processes.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import type { TempFolder } from '../../test/support/temp-folder.ts';
import { startStack, startStackUnlessStopped } from './stack.ts';
import type { StackOptions } from './stack.ts';

let folder: TempFolder;
let options: StackOptions;
beforeEach(async () => {
  folder = await tempFolder('stack-test');
  const hints = { natsPort: 'a', mongoPort: 'b', data: 'c' };
  options = { dataDir: folder.path, natsPort: 0, mongoPort: 0, hints };
});
afterEach(() => folder.remove());

/** A machine with no mongod, and no way to get one but the npm on PATH. */
function nothingThere(): NodeJS.ProcessEnv {
  const cache = join(folder.path, 'cache');
  return { PATH: folder.path, JETBANK_CACHE: cache, MONGOMS_RUNTIME_DOWNLOAD: 'false' };
}

/** Waits a moment, so that what must not happen could have. */
async function settled<T>(promise: Promise<T>): Promise<T | 'pending'> {
  const moment = new Promise<'pending'>((resolve) => setTimeout(() => resolve('pending'), 100));
  return Promise.race([promise, moment]);
}

it('starts only what is asked for', async () => {
  const stack = await startStack({ ...options, mongoPort: undefined, env: nothingThere() });
  expect(stack.nats?.url).toMatch(/^nats:/);
  expect(stack.mongo).toBeUndefined();
  await stack.stop();
});

it('does not call a server failed that was stopped', async () => {
  const stack = await startStack(options);
  await stack.stop();
  expect(await settled(stack.failed)).toBe('pending');
});

it('tells which server failed', async () => {
  const stack = await startStack({ ...options, natsPort: undefined });
  stack.mongo?.kill('SIGKILL');
  expect(await stack.failed).toMatch(/^mongod ended by itself \(SIGKILL\)/);
  await stack.stop();
});

it('stops the servers of a start that is interrupted', async () => {
  const pidFile = join(folder.path, 'nats', 'nats-server.pid');
  const natsPid = eventually(async () => Number(await readFile(pidFile, 'utf8')) || null);
  expect(await startStackUnlessStopped(options, natsPid)).toBeUndefined();
  expect(isAlive(await natsPid)).toBe(false);
  // mongod gives its lock up only when it ends.
  await (await startStack(options)).stop();
});

it('gives up a download when it is interrupted', async () => {
  const started = join(folder.path, 'npm-started');
  await fakeProgram(folder.path, 'npm', `echo $$ > ${started}; exec /bin/sleep 60`);
  const npmPid = eventually(async () => Number(await readFile(started, 'utf8')) || null);
  expect(
    await startStackUnlessStopped({ ...options, env: nothingThere() }, npmPid),
  ).toBeUndefined();
  await eventually(async () => !isAlive(await npmPid));
  expect(await readdir(join(folder.path, 'cache'))).toEqual([]);
});
