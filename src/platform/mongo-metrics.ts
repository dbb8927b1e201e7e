import type { MongoClient, ServerType } from 'mongodb';
import { Gauge } from './metrics.ts';
import type { Registry } from './metrics.ts';

/** What takes writes, and answers reads that ask for the newest. */
const WRITABLE: ReadonlySet<ServerType> = new Set<ServerType>([
  'Standalone',
  'RSPrimary',
  'Mongos',
  'LoadBalancer',
]);

/** The metrics of the connections to MongoDB, from what the driver tells of them. */
export function mongoMetrics(registry: Registry, client: MongoClient): void {
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [registry] });
  const up = gauge(
    'jetbank_mongo_up',
    '1 while the driver knows a server that takes writes, else 0',
  );
  const open = gauge('jetbank_mongo_pool_connections', 'Connections to MongoDB that are open');
  const inUse = gauge('jetbank_mongo_pool_connections_in_use', 'Those that a call holds right now');
  const waiting = gauge('jetbank_mongo_pool_waiting', 'Calls that wait for a connection');

  client.on('topologyDescriptionChanged', ({ newDescription }) => {
    const servers = [...newDescription.servers.values()];
    up.set(servers.some(({ type }) => WRITABLE.has(type)) ? 1 : 0);
  });
  client.on('topologyClosed', () => up.set(0));
  client.on('connectionCreated', () => open.inc());
  client.on('connectionClosed', () => open.dec());
  client.on('connectionCheckOutStarted', () => waiting.inc());
  client.on('connectionCheckOutFailed', () => waiting.dec());
  client.on('connectionCheckedOut', () => {
    waiting.dec();
    inUse.inc();
  });
  client.on('connectionCheckedIn', () => inUse.dec());
}
