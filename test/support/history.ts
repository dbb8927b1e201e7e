import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from 'nats';
import { openedWith } from '../../src/account/events.ts';
import type { AccountEvent, AccountFact } from '../../src/account/events.ts';
import type { AccountWrite } from '../../src/event-store/event-store.ts';
import { jetStreamStores } from '../../src/event-store/jetstream/jetstream-event-store.ts';
import { provisionStreams } from '../../src/event-store/jetstream/provision.ts';
import type { SeededRandom } from './random.ts';

const TIMEOUT_MS = 5_000;
const HIGHEST_AMOUNT = 100_000;

/** Writes a long random history straight into the log, some thousand events a second. */
export interface HistoryWriter {
  /** Appends so many events as one atomic batch of at most 1,000; resolves with its last sequence. */
  write(events: number): Promise<number>;
}

interface Written {
  readonly version: number;
  readonly sequence: number;
  readonly balance: bigint;
}

/** Spreads the events over `accounts` accounts, which come into being as they are first drawn. */
export async function historyWriter(
  nc: NatsConnection,
  random: SeededRandom,
  accounts: number,
): Promise<HistoryWriter> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  await provisionStreams(jsm, { create: true, replicas: 1 });
  const { events: store } = await jetStreamStores(nc, { timeoutMs: TIMEOUT_MS });
  const ids = Array.from({ length: accounts }, () => random.uuid());
  const states = new Map<string, Written>();

  function nextEvent(accountId: string, before: Written | undefined): AccountEvent {
    const base = {
      eventId: random.uuid(),
      accountId,
      version: (before?.version ?? 0) + 1,
      occurredAt: Date.now(),
      commandId: random.uuid(),
      commandHash: null,
    };
    return { ...base, ...nextFact(random, before?.balance) };
  }

  return {
    async write(count) {
      const drawn = Array.from({ length: count }, () => random.pick(ids));
      const writes: AccountWrite[] = [];
      for (const [accountId, { length }] of Map.groupBy(drawn, (id) => id)) {
        const expectedSequence = states.get(accountId)?.sequence ?? 0;
        const events = Array.from({ length }, () => {
          const before = states.get(accountId);
          const event = nextEvent(accountId, before);
          const balance = event.type === 'AccountCreated' ? event.initialBalance : event.balance;
          // The batch's sequences are known once it is stored.
          states.set(accountId, { version: event.version, sequence: 0, balance });
          return { event };
        });
        writes.push({ accountId, expectedSequence, events });
      }
      const outcome = await store.append(writes);
      if (outcome.kind !== 'stored') throw new Error(`append: ${JSON.stringify(outcome)}`);
      let sequence = outcome.lastSequence - count;
      for (const { accountId, events } of writes) {
        sequence += events.length;
        const state = states.get(accountId);
        if (state !== undefined) states.set(accountId, { ...state, sequence });
      }
      return outcome.lastSequence;
    },
  };
}

function nextFact(random: SeededRandom, balance: bigint | undefined): AccountFact {
  const amount = BigInt(1 + random.below(HIGHEST_AMOUNT));
  if (balance === undefined) {
    const initialBalance = random.below(4) === 0 ? 0n : amount;
    return { type: 'AccountCreated', ownerName: 'Grace Hopper', currency: 'USD', initialBalance };
  }
  const reference = random.below(3) === 0 ? `Invoice ${random.below(1_000)}` : null;
  const movement = { amount, currency: 'USD', reference };
  if (amount <= balance && random.below(3) === 0) {
    return { type: 'MoneyWithdrawn', ...movement, ...openedWith(balance - amount) };
  }
  return { type: 'MoneyDeposited', ...movement, ...openedWith(balance + amount) };
}
