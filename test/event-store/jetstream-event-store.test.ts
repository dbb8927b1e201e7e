import { connect } from 'nats';
import type { NatsConnection } from 'nats';
import { afterAll, beforeAll, describe } from 'vitest';
import { eventStoreContract } from '../../src/event-store/event-store.contract.ts';
import { freshStreams, storesOn } from '../support/jetstream-stores.ts';
import { startTestNats } from '../support/nats.ts';
import type { TestNats } from '../support/nats.ts';

let nats: TestNats;
let connections: [NatsConnection, NatsConnection];
beforeAll(async () => {
  nats = await startTestNats();
  const servers = nats.url;
  connections = [await connect({ servers }), await connect({ servers })];
});
afterAll(async () => {
  await Promise.all(connections.map((nc) => nc.close()));
  await nats.remove();
});

describe('the event store on JetStream', () => {
  eventStoreContract(async () => {
    const [mine, others] = connections;
    await freshStreams(mine);
    const { events: store } = await storesOn(mine);
    const { events: other } = await storesOn(others);
    return { store, other };
  });
});
