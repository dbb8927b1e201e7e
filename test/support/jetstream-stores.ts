import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from 'nats';
import { jetStreamStores } from '../../src/event-store/jetstream/jetstream-event-store.ts';
import type { JetStreamStores } from '../../src/event-store/jetstream/jetstream-event-store.ts';
import { SNAPSHOT_STREAM, STREAM, TIMER_STREAM } from '../../src/event-store/jetstream/names.ts';
import { provisionStreams } from '../../src/event-store/jetstream/provision.ts';
import { eventually } from './await.ts';

const TIMEOUT_MS = 5_000;
const LEDGER: readonly string[] = [STREAM, SNAPSHOT_STREAM, TIMER_STREAM];

/** Deletes the ledger's streams where they exist and makes them again, empty. */
export async function freshStreams(nc: NatsConnection, replicas = 1): Promise<void> {
  const jsm = await jetstreamManager(nc);
  const remake = async () => {
    for await (const name of jsm.streams.names()) {
      if (LEDGER.includes(name)) await jsm.streams.delete(name);
    }
    const made = await provisionStreams(jsm, { create: true, replicas });
    // nats-server 2.14.0 deletes the files a little later than the stream: while they are there, a
    // stream of the same name cannot be made, or finds the old messages again.
    return made.every(({ info }) => info.state.last_seq === 0);
  };
  await eventually(remake, { what: 'empty streams' });
}

export const storesOn = (nc: NatsConnection, timeoutMs = TIMEOUT_MS): Promise<JetStreamStores> =>
  jetStreamStores(nc, { timeoutMs });
