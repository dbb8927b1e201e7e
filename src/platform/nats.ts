import { readFileSync } from 'node:fs';
import { connect, credsAuthenticator } from 'nats';
import type { NatsConnection, NodeConnectionOptions } from 'nats';
import type { EnvironmentReader } from './environment.ts';
import type { Health } from './health.ts';
import type { Logger } from './logger.ts';
import { messageOf } from './message-of.ts';

export interface NatsSettings {
  readonly servers: readonly string[];
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** A credentials file (JWT and nkey seed), instead of user and password. */
  readonly credsFile: string | undefined;
}

const CONNECT_TIMEOUT_MS = 3_000;
const RECONNECT_WAIT_MS = 250;
const PING_INTERVAL_MS = 5_000;

export function readNatsSettings(env: EnvironmentReader): NatsSettings {
  const servers = env.string('NATS_URL', 'nats://127.0.0.1:4222');
  // A URL may hold a password, so the complaint must not repeat it.
  if (!servers.split(',').every(isServerUrl)) {
    env.reject('NATS_URL must be a comma-separated list of servers such as nats://127.0.0.1:4222');
  }
  return {
    servers: servers.split(',').map((server) => server.trim()),
    user: env.optional('NATS_USER'),
    password: env.secret('NATS_PASSWORD'),
    credsFile: env.optional('NATS_CREDS_FILE'),
  };
}

function isServerUrl(text: string): boolean {
  const url = URL.parse(text.trim());
  return url !== null && ['nats:', 'tls:'].includes(url.protocol) && url.hostname !== '';
}

const withoutCredentials = (server: string) => server.replace(/\/\/.*@/, '//');

/** Where a service gets its answers: its NATS user may listen only there. */
export const inboxPrefixOf = (service: string): string => `_INBOX.${service}`;

/**
 * Connects, and stays connected: the client reconnects by itself for ever.
 * @throws Error naming NATS_URL and what was tried.
 */
export async function connectNats(name: string, settings: NatsSettings): Promise<NatsConnection> {
  const { servers, user, password, credsFile } = settings;
  const options: NodeConnectionOptions = {
    name,
    servers: [...servers],
    // One inbox prefix a service, so that the server can keep the services' answers apart.
    inboxPrefix: inboxPrefixOf(name),
    timeout: CONNECT_TIMEOUT_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_WAIT_MS,
    pingInterval: PING_INTERVAL_MS,
    // A stack for each request costs more than the request.
    noAsyncTraces: true,
    ...(user !== undefined && { user }),
    ...(password !== undefined && { pass: password }),
    ...(credsFile !== undefined && { authenticator: credsAuthenticator(readFileSync(credsFile)) }),
  };
  try {
    return await connect(options);
  } catch (cause) {
    const reason = messageOf(cause);
    const tried = servers.map(withoutCredentials).join(', ');
    throw new Error(`NATS_URL: no connection to ${tried}: ${reason}`, { cause });
  }
}

/** The state of a connection, as it changes. */
export interface ConnectionState {
  connected(): boolean;
  /** Asks the server for an answer. */
  check(): Promise<Health>;
}

/** Follows the connection: logs when it is lost and when it is back. */
export function watchConnection(nc: NatsConnection, log: Logger): ConnectionState {
  let connected = true;
  void (async () => {
    for await (const status of nc.status()) {
      if (status.type === 'disconnect') {
        connected = false;
        log.warn({ server: status.server }, 'NATS is away: reconnecting');
      } else if (status.type === 'reconnect') {
        connected = true;
        log.info({ server: status.server }, 'NATS is back');
      } else if (status.type === 'error') {
        log.error({ error: status.error }, 'NATS reported an error');
      }
    }
    connected = false;
  })();
  return {
    connected: () => connected,
    async check() {
      if (!connected) return { ok: false, detail: 'not connected' };
      await nc.rtt();
      return { ok: true, detail: nc.getServer() };
    },
  };
}
