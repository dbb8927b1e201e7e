import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StackError } from '../stack-error.ts';
import { describeExit, spawnGuarded } from './child.ts';
import type { GuardedChild } from './child.ts';
import { liveProcessOf } from './data-folder.ts';
import { linesOf, openRunLog } from './log-file.ts';
import type { RunLog } from './log-file.ts';
import { portTaken } from './ports.ts';
import { poll } from './wait.ts';

/** A large store is read before the port opens. */
const READY_TIMEOUT_MS = 60_000;
const FAILED_START_GRACE_MS = 2_000;
const TOLD_LOG_LINES = 3;

/** Everything that decides how one nats-server process is run; 0 is a free port. */
export interface NatsLaunch {
  readonly binary: string;
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly portHint: string;
  readonly config: string | undefined;
  readonly monitorPort: number | undefined;
  readonly extraArgs: readonly string[];
}

export interface RunningNats {
  readonly child: GuardedChild;
  readonly port: number;
  readonly monitorPort: number | undefined;
  readonly logFile: string;
}

/** Runs nats-server and resolves when it takes clients; throws and leaves nothing behind otherwise. */
export async function launchNats(
  launch: NatsLaunch,
  logging: { readonly append: boolean },
): Promise<RunningNats> {
  const { dataDir } = launch;
  const pidFile = join(dataDir, 'nats-server.pid');
  // nats-server does not lock its store, and two servers on one store destroy it.
  const owner = await liveProcessOf(pidFile, 'nats-server');
  if (owner !== undefined) {
    throw new StackError(
      'folder_unusable',
      `${dataDir} is in use by the nats-server with process id ${owner}: stop it, or choose another data folder`,
    );
  }
  await removePortsFiles(dataDir);
  const configFile = join(dataDir, 'nats-server.conf');
  await writeFile(configFile, launch.config ?? '');

  const log = await openRunLog(join(dataDir, 'nats-server.log'), logging.append);
  const args = [
    ...['--config', configFile, '--pid', pidFile, '--ports_file_dir', dataDir],
    ...['--addr', launch.host, '--port', portArgument(launch.port)],
    ...['--jetstream', '--store_dir', dataDir],
    ...(launch.monitorPort === undefined ? [] : ['--http_port', portArgument(launch.monitorPort)]),
    ...launch.extraArgs,
  ];
  const child = await spawnGuarded(launch.binary, args, {
    stdio: ['ignore', log.handle.fd, log.handle.fd],
  }).finally(() => log.handle.close());
  try {
    return { child, logFile: log.file, ...(await untilReady(launch, child, log)) };
  } catch (error) {
    await child.stop(FAILED_START_GRACE_MS);
    throw error;
  }
}

function portArgument(port: number): string {
  return port === 0 ? '-1' : String(port);
}

type Ports = Pick<RunningNats, 'port' | 'monitorPort'>;

/**
 * The server writes the ports file, named by its process id, when it is ready. Connecting to the
 * port instead could meet another server that was faster to take it.
 */
async function untilReady(launch: NatsLaunch, child: GuardedChild, log: RunLog): Promise<Ports> {
  const ready = await poll(async () => {
    if (!child.isRunning()) throw await stoppedEarly(launch, child, log);
    return readPorts(launch.dataDir, child.pid);
  }, READY_TIMEOUT_MS);
  if (ready !== undefined) return ready;
  throw new StackError(
    'not_ready',
    `nats-server was not ready after ${READY_TIMEOUT_MS / 1000} s; its log: ${log.file}`,
  );
}

async function stoppedEarly(
  launch: NatsLaunch,
  child: GuardedChild,
  log: RunLog,
): Promise<StackError> {
  const exit = await child.exited;
  const lines = await linesOf(log);
  const taken = lines.find((line) => line.includes('address already in use'));
  const port = /:(\d+): bind: address already in use/.exec(taken ?? '')?.[1];
  if (port !== undefined) return portTaken('nats-server', Number(port), launch.portHint);
  const told = lines.filter((line) => !line.includes('[INF]')).slice(-TOLD_LOG_LINES);
  return new StackError(
    'stopped_early',
    `nats-server stopped while starting (${describeExit(exit)}): ${told.join(' | ')}; its log: ${log.file}`,
  );
}

async function readPorts(dataDir: string, pid: number): Promise<Ports | undefined> {
  const name = (await readdir(dataDir)).find((entry) => entry.endsWith(`_${pid}.ports`));
  if (name === undefined) return undefined;
  const text = await readFile(join(dataDir, name), 'utf8');
  // The file is seen empty for an instant.
  if (!text.trimEnd().endsWith('}')) return undefined;
  const listed = JSON.parse(text) as Partial<Record<string, string[]>>;
  const port = portOf(listed['nats'] ?? listed['tls']);
  if (port === undefined) return undefined;
  return { port, monitorPort: portOf(listed['monitoring']) };
}

function portOf(urls: string[] | undefined): number | undefined {
  const first = urls?.[0];
  return first === undefined ? undefined : Number(new URL(first).port);
}

/** A killed server leaves its file behind, and a later process may get its id. */
async function removePortsFiles(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (name.endsWith('.ports')) await rm(join(dataDir, name), { force: true });
  }
}
