import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from 'nats';
import type { NatsConnection } from 'nats';
import { jetStreamStores } from '../../src/event-store/jetstream/jetstream-event-store.ts';
import type { JetStreamStores } from '../../src/event-store/jetstream/jetstream-event-store.ts';
import { provisionStreams } from '../../src/event-store/jetstream/provision.ts';
import { startNats } from '../stack/nats.ts';
import type { NatsServer } from '../stack/nats.ts';

const TIMEOUT_MS = 5_000;

/** A nats-server of its own with the ledger's streams, and BENCH with the same settings for ceilings. */
export interface BenchLedger extends JetStreamStores {
  readonly url: string;
  readonly server: NatsServer;
  readonly nc: NatsConnection;
  stop(): Promise<void>;
}

/** `natsConfig` is more nats-server configuration, such as `jetstream { sync_interval: always }`. */
export async function startLedger(
  folder: string,
  { name = 'nats', natsConfig = '' }: { readonly name?: string; readonly natsConfig?: string } = {},
): Promise<BenchLedger> {
  const nats = await startNats({ dataDir: join(folder, name), config: natsConfig });
  const nc = await connect({ servers: nats.url, noAsyncTraces: true });
  const jsm = await jetstreamManager(nc);
  const [ledger] = await provisionStreams(jsm, { create: true, replicas: 1 });
  if (ledger === undefined) throw new Error('no stream was made');
  await jsm.streams.add({ ...ledger.info.config, name: 'BENCH', subjects: ['bench.>'] });
  return {
    ...(await jetStreamStores(nc, { timeoutMs: TIMEOUT_MS })),
    url: nats.url,
    server: nats,
    nc,
    async stop() {
      await nc.close();
      await nats.stop();
    },
  };
}
