import { describe } from 'vitest';
import { eventStoreContract } from './event-store.contract.ts';
import { memoryEventStore } from './memory-event-store.ts';

describe('the event store in memory', () => {
  eventStoreContract(() => {
    const store = memoryEventStore();
    return Promise.resolve({ store, other: store });
  });
});
