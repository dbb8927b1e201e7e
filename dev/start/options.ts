import { nonEmpty, parsePort, parseStackFlags } from '../stack/options.ts';

const DEFAULT_CMD_PORT = 8080;
const DEFAULT_QUERY_PORT = 8081;

export const START_HELP = `Usage: make start [VARIABLE=value ...]   (or: npm start -- [options])

Runs nats-server, mongod, account-cmd and account-query until Ctrl-C. The data stays.

  NATS_URL, MONGO_URI     use these running servers instead of starting own ones
  NATS_PORT, MONGO_PORT   ports of the own ones (4222, 27017; also --nats-port, --mongo-port)
  CMD_PORT, QUERY_PORT    ports of the services (8080, 8081)
  DATA                    where data and logs go (./data; also --data)`;

export interface StartOptions {
  readonly help: boolean;
  readonly dataDir: string;
  /** A running server to use, or undefined to start one on `natsPort`. */
  readonly natsUrl: string | undefined;
  readonly natsPort: number;
  readonly mongoUri: string | undefined;
  readonly mongoPort: number;
  readonly cmdPort: number;
  readonly queryPort: number;
}

/** Flags win over the environment. Throws `bad_option` with one line. */
export function parseStartOptions(args: readonly string[], env: NodeJS.ProcessEnv): StartOptions {
  return {
    ...parseStackFlags(args, env),
    natsUrl: nonEmpty(env['NATS_URL']),
    mongoUri: nonEmpty(env['MONGO_URI']),
    cmdPort: parsePort('CMD_PORT', nonEmpty(env['CMD_PORT']), DEFAULT_CMD_PORT, 1),
    queryPort: parsePort('QUERY_PORT', nonEmpty(env['QUERY_PORT']), DEFAULT_QUERY_PORT, 1),
  };
}

/** A server's address without the user and password that it may carry. */
export function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//');
}
