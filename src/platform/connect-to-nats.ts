import type { NatsConnection } from 'nats';
import type { NatsSettings } from './nats-settings.ts';
import { connectNats, describeConnection, watchConnection } from './nats.ts';
import type { ConnectionState } from './nats.ts';
import { natsMetrics } from './nats-metrics.ts';
import { retryForever } from './retry.ts';
import type { ServiceShell } from './service.ts';

export interface ServiceConnection {
  readonly nc: NatsConnection;
  readonly connection: ConnectionState;
}

/**
 * The service's connection, however late NATS comes up: watched from then on, drained when the
 * service stops.
 * @throws the abort reason once the service stops.
 */
export async function connectToNats(
  service: string,
  settings: NatsSettings,
  { log, metrics, shutdown }: ServiceShell,
): Promise<ServiceConnection> {
  const observe = natsMetrics(metrics);
  const nc = await retryForever(
    () => connectNats(service, settings),
    shutdown.signal,
    (reason, waitMs) => log.warn({ reason, waitMs }, 'NATS cannot be reached: trying again'),
  );
  shutdown.onStop('connections', () => nc.drain());
  observe(nc);
  const { server, tls, user } = describeConnection(nc, settings);
  log.info({ server, tls, user }, `NATS is there, ${tls ? 'over TLS' : 'in plain text'}`);
  return { nc, connection: watchConnection(nc, log) };
}
