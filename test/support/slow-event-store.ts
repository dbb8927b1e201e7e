import { setImmediate as turn } from 'node:timers/promises';
import type { EventStore } from '../../src/event-store/event-store.ts';

/** The store with `turns()` turns of the event loop before each append and each head. */
export function slowEventStore(store: EventStore, turns: () => number): EventStore {
  const wait = async () => {
    for (let left = turns(); left > 0; left -= 1) await turn();
  };
  return {
    ...store,
    async append(writes) {
      await wait();
      const outcome = await store.append(writes);
      await wait();
      return outcome;
    },
    async head(accountId, consistency) {
      await wait();
      return store.head(accountId, consistency);
    },
  };
}
