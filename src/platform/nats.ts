import { checkServerIdentity } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { connect } from 'nats';
import type { NatsConnection, NodeConnectionOptions, TlsOptions } from 'nats';
import type { Health } from './health.ts';
import type { Logger } from './logger.ts';
import { natsReason } from './nats-failure.ts';
import { readHeadersOnDemand } from './nats-headers.ts';
import type { NatsSettings, NatsTlsFiles } from './nats-settings.ts';

const CONNECT_TIMEOUT_MS = 3_000;
const RECONNECT_WAIT_MS = 250;
const PING_INTERVAL_MS = 5_000;

/** Where a service gets its answers: its NATS user may listen only there. */
export const inboxPrefixOf = (service: string): string => `_INBOX.${service}`;

/**
 * Connects, and stays connected: the client reconnects by itself for ever.
 * @throws Error naming NATS_URL and what was tried.
 */
export async function connectNats(name: string, settings: NatsSettings): Promise<NatsConnection> {
  const { servers, credentials, tls } = settings;
  const options: NodeConnectionOptions = {
    name,
    servers: [...servers],
    // One inbox prefix a service, so that the server can keep the services' answers apart.
    inboxPrefix: inboxPrefixOf(name),
    timeout: CONNECT_TIMEOUT_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_WAIT_MS,
    pingInterval: PING_INTERVAL_MS,
    // A password that is being replaced is refused for a while; by default the second refusal is the end.
    ignoreAuthErrorAbort: true,
    // A stack for each request costs more than the request.
    noAsyncTraces: true,
    ...(credentials !== undefined && { authenticator: credentials.authenticator }),
    ...(tls !== undefined && { tls: tlsOptions(tls, servers) }),
  };
  readHeadersOnDemand();
  try {
    return await connect(options);
  } catch (cause) {
    const scheme = tls === undefined ? 'nats' : 'tls';
    const tried = servers.map((server) => `${scheme}://${server}`).join(', ');
    throw new Error(`NATS_URL: no connection to ${tried}: ${natsReason(cause)}`, { cause });
  }
}

/**
 * The client gives Node no name of a server that it reaches by an IP address, and Node then expects a
 * certificate for `localhost`. Here it must be one for any of the servers that the settings name.
 */
function tlsOptions(
  files: NatsTlsFiles,
  servers: readonly string[],
): TlsOptions & Pick<ConnectionOptions, 'checkServerIdentity'> {
  const hosts = servers.map((server) => new URL(`nats://${server}`).hostname);
  return {
    ...files,
    checkServerIdentity(name, certificate) {
      const names = name === 'localhost' ? hosts : [name];
      const problems = names.map((host) => checkServerIdentity(bare(host), certificate));
      return problems.includes(undefined) ? undefined : problems[0];
    },
  };
}

/** An IPv6 address without its brackets. */
const bare = (host: string): string => host.replace(/^\[(.*)\]$/, '$1');

/** For the log: with whom the service speaks, as whom, and whether anybody can listen in. */
export function describeConnection(
  nc: NatsConnection,
  { credentials }: NatsSettings,
): { readonly server: string; readonly tls: boolean; readonly user: string } {
  // The client goes over to TLS wherever the server offers it.
  const tls = nc.info?.tls_required === true || nc.info?.tls_available === true;
  return { server: nc.getServer(), tls, user: credentials?.user ?? 'nobody' };
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
