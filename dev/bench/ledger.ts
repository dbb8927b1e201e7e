import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from 'nats';
import type { NatsConnection } from 'nats';
import { jetStreamStores } from '../../src/event-store/jetstream/jetstream-event-store.ts';
import type { JetStreamStores } from '../../src/event-store/jetstream/jetstream-event-store.ts';
import { provisionStreams } from '../../src/event-store/jetstream/provision.ts';
import { readHeadersOnDemand } from '../../src/platform/nats-headers.ts';
import type { BinaryChoice } from '../binaries/choice.ts';
import { startNatsCluster } from '../stack/nats-cluster.ts';
import { startNats } from '../stack/nats.ts';
import type { NatsServer } from '../stack/nats.ts';

const TIMEOUT_MS = 5_000;

/** The ledger's streams on servers of their own, and BENCH with the same settings for ceilings. */
export interface LedgerStreams extends JetStreamStores {
  /** Of all servers, comma-separated: NATS_URL. */
  readonly url: string;
  readonly nc: NatsConnection;
  stop(): Promise<void>;
}

export interface BenchLedger extends LedgerStreams {
  readonly server: NatsServer;
}

export interface LedgerServer {
  /** Of its data in the folder. Default: `nats`. */
  readonly name?: string;
  /** More of its configuration, such as `jetstream { sync_interval: always }`. */
  readonly natsConfig?: string;
  /** Default: found as `dev/binaries` describes. */
  readonly binary?: BinaryChoice;
}

/** On one nats-server. */
export async function startLedger(
  folder: string,
  { name = 'nats', natsConfig = '', ...binary }: LedgerServer = {},
): Promise<BenchLedger> {
  const server = await startNats({ dataDir: join(folder, name), config: natsConfig, ...binary });
  return { ...(await streamsOn(server, [server.url], 1)), server };
}

/** On three nats-servers, each of which has a copy. */
export async function startReplicatedLedger(folder: string): Promise<LedgerStreams> {
  const cluster = await startNatsCluster({ nodes: 3, dataDir: join(folder, 'cluster') });
  return streamsOn(cluster, cluster.urls, cluster.nodes.length);
}

async function streamsOn(
  servers: { stop(): Promise<void> },
  urls: readonly string[],
  replicas: number,
): Promise<LedgerStreams> {
  readHeadersOnDemand();
  const nc = await connect({ servers: [...urls], noAsyncTraces: true });
  const jsm = await jetstreamManager(nc);
  const [ledger] = await provisionStreams(jsm, { create: true, replicas });
  if (ledger === undefined) throw new Error('no stream was made');
  await jsm.streams.add({ ...ledger.info.config, name: 'BENCH', subjects: ['bench.>'] });
  return {
    ...(await jetStreamStores(nc, { timeoutMs: TIMEOUT_MS })),
    url: urls.join(','),
    nc,
    async stop() {
      await nc.close();
      await servers.stop();
    },
  };
}
