import { StackError } from '../stack-error.ts';
import { describeExit, spawnGuarded } from './child.ts';
import type { GuardedChild } from './child.ts';
import { linesOf, openRunLog } from './log-file.ts';
import type { RunLog } from './log-file.ts';
import { complaintsOf } from './mongo-log.ts';
import { portTaken } from './ports.ts';
import { poll } from './wait.ts';

/** Journal recovery of a large database comes before the port opens. */
const READY_TIMEOUT_MS = 60_000;
const FAILED_START_GRACE_MS = 5_000;
/** Several servers share a developer's machine; the default is half of its memory for each. */
const CACHE_GB = '0.25';
const OPLOG_MB = '256';

/** mongod's own exit code for "another mongod uses this data". */
const EXIT_CODE_DATA_IN_USE = 100;

/** Everything that decides how one mongod process is run; 0 is a free port. */
export interface MongoLaunch {
  readonly binary: string;
  readonly dbDir: string;
  readonly logFile: string;
  readonly append: boolean;
  readonly host: string;
  readonly port: number;
  readonly portHint: string;
  readonly replSet: string;
  /** Server parameters besides the usual ones. */
  readonly parameters?: Readonly<Record<string, string>>;
}

export interface RunningMongo {
  readonly child: GuardedChild;
  readonly port: number;
}

/** Runs mongod and resolves when it takes connections; throws and leaves nothing behind otherwise. */
export async function launchMongo(launch: MongoLaunch): Promise<RunningMongo> {
  const log = await openRunLog(launch.logFile, launch.append);
  const args = [
    ...['--dbpath', launch.dbDir, '--replSet', launch.replSet],
    ...['--bind_ip', launch.host, '--port', String(launch.port), '--nounixsocket'],
    ...['--wiredTigerCacheSizeGB', CACHE_GB, '--oplogSize', OPLOG_MB],
    // Nobody reads the diagnostics of a development server; without them it starts twice as fast.
    ...['--setParameter', 'diagnosticDataCollectionEnabled=false'],
    ...Object.entries(launch.parameters ?? {}).flatMap((entry) => [
      '--setParameter',
      entry.join('='),
    ]),
  ];
  const child = await spawnGuarded(launch.binary, args, {
    stdio: ['ignore', log.handle.fd, log.handle.fd],
  }).finally(() => log.handle.close());
  try {
    return { child, port: await untilListening(launch, child, log) };
  } catch (error) {
    await child.stop(FAILED_START_GRACE_MS);
    throw error;
  }
}

/**
 * Reads the port from this process's own log. Connecting to the wanted port instead could meet
 * another server that was faster to take it.
 */
async function untilListening(
  launch: MongoLaunch,
  child: GuardedChild,
  log: RunLog,
): Promise<number> {
  const port = await poll(async () => {
    if (!child.isRunning()) throw await stoppedEarly(launch, child, log);
    for (const line of await linesOf(log)) {
      const listening = /"Waiting for connections","attr":\{"port":(\d+)/.exec(line)?.[1];
      if (listening !== undefined) return Number(listening);
    }
    return undefined;
  }, READY_TIMEOUT_MS);
  if (port !== undefined) return port;
  throw new StackError(
    'not_ready',
    `mongod was not ready after ${READY_TIMEOUT_MS / 1000} s; its log: ${log.file}`,
  );
}

async function stoppedEarly(
  launch: MongoLaunch,
  child: GuardedChild,
  log: RunLog,
): Promise<StackError> {
  const exit = await child.exited;
  const lines = await linesOf(log);
  if (lines.some((line) => line.includes('Address already in use'))) {
    return portTaken('mongod', launch.port, launch.portHint);
  }
  if (exit.code === EXIT_CODE_DATA_IN_USE) {
    return new StackError(
      'folder_unusable',
      `${launch.dbDir} is in use by another mongod, or is not a data folder of mongod: ` +
        `stop the other one, or choose another data folder; its log: ${log.file}`,
    );
  }
  return new StackError(
    'stopped_early',
    `mongod stopped while starting (${describeExit(exit)}): ` +
      `${complaintsOf(lines).join(' | ')}; its log: ${log.file}`,
  );
}
