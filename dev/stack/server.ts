import { setTimeout as sleep } from 'node:timers/promises';
import type { BinaryChoice } from '../binaries/choice.ts';
import { StackError } from '../stack-error.ts';
import type { Exit, GuardedChild } from './child.ts';

const STOP_GRACE_MS = 10_000;
const PORT_COMES_BACK_MS = 5_000;
const PORT_RETRY_PAUSE_MS = 100;

/** What every server of the stack can do. `pid` and `exited` are those of its present run. */
export interface ServerControl {
  readonly pid: number;
  /** Resolves when the present run ends, whoever ended it. */
  readonly exited: Promise<Exit>;
  /** SIGTERM, SIGKILL after 10 seconds; resolves when the process is gone. The data stays. */
  stop(): Promise<void>;
  /** Sends a signal and returns at once; await `exited` for the end. */
  kill(signal: NodeJS.Signals): void;
  /** Stops it if it runs, starts it on the same port and data; resolves when it answers. */
  restart(): Promise<void>;
}

/** What every server of the stack tells. */
export interface ServerFacts {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly logFile: string;
  readonly binary: BinaryChoice;
}

/** Options that nats-server and mongod have in common. */
export interface ServerOptions {
  /** Where the server keeps its data and its log; created where missing. */
  readonly dataDir: string;
  /** 0 (the default) lets the server choose a free one. */
  readonly port?: number;
  /** The address to listen on, and the one clients are told. Default 127.0.0.1. */
  readonly host?: string;
  /** The program to run. Default: found as `dev/binaries` describes. */
  readonly binary?: BinaryChoice;
  /** What the reader of a "port is taken" error is told to change. Default: the `port` option. */
  readonly portHint?: string;
  /** The same for a data folder that cannot be written. */
  readonly dataHint?: string;
  /** Called with one line for the chosen program, and while a program is being fetched. */
  readonly report?: (line: string) => void;
}

/** Makes a controllable server of a running child and a way to start it once more. */
export function controlled(first: GuardedChild, again: () => Promise<GuardedChild>): ServerControl {
  let child = first;
  const stop = async () => {
    await child.stop(STOP_GRACE_MS);
  };
  return {
    get pid() {
      return child.pid;
    },
    get exited() {
      return child.exited;
    },
    stop,
    kill: (signal) => {
      child.process.kill(signal);
    },
    restart: async () => {
      await stop();
      child = await whenPortIsBack(again);
    },
  };
}

/** While the server was down, its port may have served as the near end of someone's connection. */
async function whenPortIsBack<T>(start: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + PORT_COMES_BACK_MS;
  for (;;) {
    try {
      return await start();
    } catch (error) {
      const taken = error instanceof StackError && error.code === 'port_taken';
      if (!taken || Date.now() >= deadline) throw error;
      await sleep(PORT_RETRY_PAUSE_MS);
    }
  }
}
