import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from 'nats';
import type { Account } from '../../src/account/account.ts';
import type { AccountEvent } from '../../src/account/events.ts';
import { evolve } from '../../src/account/evolve.ts';
import type { AccountWrite } from '../../src/event-store/event-store.ts';
import { jetStreamStores } from '../../src/event-store/jetstream/jetstream-event-store.ts';
import { provisionStreams } from '../../src/event-store/jetstream/provision.ts';
import { nextFact, openingFact, transferFacts } from './history-facts.ts';
import type { NextFact } from './history-facts.ts';
import type { SeededRandom } from './random.ts';

const TIMEOUT_MS = 5_000;
/** One draw in so many is a transfer, where there is money for it. */
const TRANSFER_EVERY = 4;

/** Writes a long random history straight into the log, some thousand events a second. */
export interface HistoryWriter {
  /** Appends so many events as one atomic batch of at most 1,000; resolves with its last sequence. */
  write(events: number): Promise<number>;
}

/**
 * Spreads the events over `accounts` accounts, which come into being as they are first drawn. Of
 * every kind of event there are some; at most every fourth account is closed in the end.
 */
export async function historyWriter(
  nc: NatsConnection,
  random: SeededRandom,
  accounts: number,
): Promise<HistoryWriter> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  await provisionStreams(jsm, { create: true, replicas: 1 });
  const { events: store } = await jetStreamStores(nc, { timeoutMs: TIMEOUT_MS });
  /** All but the closed ones. */
  const ids = Array.from({ length: accounts }, () => random.uuid());
  const fewest = Math.ceil((accounts * 3) / 4);
  const states = new Map<string, Account>();
  /** Stream sequences of their last events. */
  const sequences = new Map<string, number>();

  function happens({ accountId, fact }: NextFact): AccountEvent {
    const before = states.get(accountId);
    const base = {
      eventId: random.uuid(),
      accountId,
      version: (before?.version ?? 0) + 1,
      occurredAt: Date.now(),
      commandId: random.uuid(),
      commandHash: null,
    };
    const event = { ...base, ...fact };
    states.set(accountId, evolve(before, event));
    if (fact.type === 'AccountClosed') ids.splice(ids.indexOf(accountId), 1);
    return event;
  }

  function draw(most: number): readonly NextFact[] {
    const accountId = random.pick(ids);
    const account = states.get(accountId);
    if (account === undefined) return [{ accountId, fact: openingFact(random) }];
    const other = states.get(random.pick(ids));
    if (most > 1 && other !== undefined && random.below(TRANSFER_EVERY) === 0) {
      const sides = transferFacts(random, account, other);
      if (sides !== undefined) return sides;
    }
    return [{ accountId, fact: nextFact(random, account, ids.length > fewest) }];
  }

  return {
    async write(count) {
      const writes: AccountWrite[] = [];
      while (writes.length < count) {
        for (const next of draw(count - writes.length)) {
          const { accountId } = next;
          const expectedSequence = sequences.get(accountId) ?? 0;
          writes.push({ accountId, expectedSequence, events: [{ event: happens(next) }] });
        }
      }
      const outcome = await store.append(writes);
      if (outcome.kind !== 'stored') throw new Error(`append: ${JSON.stringify(outcome)}`);
      const first = outcome.lastSequence - count + 1;
      for (const [index, { accountId }] of writes.entries()) {
        sequences.set(accountId, first + index);
      }
      return outcome.lastSequence;
    },
  };
}
