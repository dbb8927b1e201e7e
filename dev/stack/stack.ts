import { setTimeout as sleep } from 'node:timers/promises';
import { join, resolve } from 'node:path';
import { describeChoice } from '../binaries/choice.ts';
import { findMongod } from '../binaries/mongod.ts';
import { findNatsServer } from '../binaries/nats-server.ts';
import { requireWritableFolder } from './data-folder.ts';
import { startMongo } from './mongo.ts';
import type { MongoServer } from './mongo.ts';
import { startNats } from './nats.ts';
import type { NatsServer } from './nats.ts';
import { LOCALHOST, requireFreePort } from './ports.ts';
import { obituary } from './obituary.ts';

/** How long a start that was interrupted may take to get to where it can be stopped. */
const INTERRUPTED_START_MS = 20_000;

export interface StackOptions {
  /** Holds the folders `nats` and `mongo`; what is there is taken over. */
  readonly dataDir: string;
  /** 0 is a free port; undefined starts no nats-server. */
  readonly natsPort: number | undefined;
  /** 0 is a free port; undefined starts no mongod. */
  readonly mongoPort: number | undefined;
  /** What the reader of a "port is taken" error is told to change. */
  readonly hints: { readonly natsPort: string; readonly mongoPort: string; readonly data: string };
  /** Called with one line for each chosen program, and while a program is being fetched. */
  readonly report?: (line: string) => void;
  /** PATH and cache folder of the search for programs. Default: `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
  /** Gives up before the servers are started, also a download that is under way. */
  readonly signal?: AbortSignal;
}

export interface Stack {
  readonly nats: NatsServer | undefined;
  readonly mongo: MongoServer | undefined;
  /** Resolves with one line when a server ended although nobody stopped the stack. */
  readonly failed: Promise<string>;
  /** Stops mongod, then nats-server; the data stays. */
  stop(): Promise<void>;
}

/**
 * Starts nats-server and mongod side by side; resolves when both answer.
 * Throws `StackError` and leaves nothing running when one of them cannot be started.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { natsPort, mongoPort, hints, report = () => undefined } = options;
  const signal = options.signal ?? new AbortController().signal;
  const lookup = { env: options.env ?? process.env, progress: report, signal };
  const dataDir = resolve(options.dataDir);

  // What a person has to change is said before anything is fetched or started.
  if (natsPort !== undefined && natsPort !== 0) {
    await requireFreePort('nats-server', LOCALHOST, natsPort, hints.natsPort);
  }
  if (mongoPort !== undefined && mongoPort !== 0) {
    await requireFreePort('mongod', LOCALHOST, mongoPort, hints.mongoPort);
  }
  await requireWritableFolder(dataDir, hints.data);
  const natsBinary = natsPort === undefined ? undefined : await findNatsServer(lookup);
  if (natsBinary !== undefined) report(describeChoice('nats-server', natsBinary));
  const mongoBinary = mongoPort === undefined ? undefined : await findMongod(lookup);
  if (mongoBinary !== undefined) report(describeChoice('mongod', mongoBinary));
  signal.throwIfAborted();

  const [nats, mongo] = await Promise.allSettled([
    natsPort !== undefined && natsBinary !== undefined
      ? startNats({
          dataDir: join(dataDir, 'nats'),
          port: natsPort,
          binary: natsBinary,
          portHint: hints.natsPort,
          dataHint: hints.data,
        })
      : undefined,
    mongoPort !== undefined && mongoBinary !== undefined
      ? startMongo({
          dataDir: join(dataDir, 'mongo'),
          port: mongoPort,
          binary: mongoBinary,
          portHint: hints.mongoPort,
          dataHint: hints.data,
        })
      : undefined,
  ]);
  if (nats.status === 'fulfilled' && mongo.status === 'fulfilled') {
    return running(nats.value, mongo.value);
  }
  if (nats.status === 'fulfilled') await nats.value?.stop();
  if (mongo.status === 'fulfilled') await mongo.value?.stop();
  const failure = [nats, mongo].find((result) => result.status === 'rejected');
  throw failure?.reason;
}

function running(nats: NatsServer | undefined, mongo: MongoServer | undefined): Stack {
  let stopping = false;
  const failed = new Promise<string>((resolveFailed) => {
    const watch = async (name: string, server: NatsServer | MongoServer | undefined) => {
      if (server === undefined) return;
      const exit = await server.exited;
      if (!stopping) resolveFailed(await obituary(name, exit, server.logFile));
    };
    void watch('nats-server', nats);
    void watch('mongod', mongo);
  });
  return {
    nats,
    mongo,
    failed,
    stop: async () => {
      stopping = true;
      await mongo?.stop();
      await nats?.stop();
    },
  };
}

/**
 * The stack, or undefined when a signal to stop came first: then nothing is running any more.
 * Servers that were starting already are first waited for and then stopped in order.
 */
export async function startStackUnlessStopped(
  options: Omit<StackOptions, 'signal'>,
  stopped: Promise<unknown>,
): Promise<Stack | undefined> {
  const interruption = new AbortController();
  const starting = startStack({ ...options, signal: interruption.signal });
  const stack = await Promise.race([starting, stopped.then(() => undefined)]);
  if (stack !== undefined) return stack;
  interruption.abort();
  const ended = starting.then(
    (late) => late.stop(),
    () => undefined,
  );
  // Should they hang, they end with this process.
  await Promise.race([ended, sleep(INTERRUPTED_START_MS)]);
  return undefined;
}
