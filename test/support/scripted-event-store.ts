import type { AppendOutcome, EventStore, AccountWrite } from '../../src/event-store/event-store.ts';

/** What becomes of one append: an outcome that is answered, or an act on the way to the log. */
export type AppendStep =
  /** Goes through to the store. */
  | 'through'
  /** Answered as it says; nothing is stored. */
  | 'conflict'
  | 'duplicate'
  | 'busy'
  | 'unavailable'
  /** Answered with unknown: the append got lost and is never stored. */
  | 'lost'
  /** Answered with unknown: stored, and the answer got lost. */
  | 'answer lost'
  /** Answered with unknown: still on its way, and reaches the log right before the next append. */
  | 'late'
  /** What somebody else does before the append goes through. */
  | (() => Promise<unknown>);

/** A store whose appends go wrong by script, and then, the script at its end, right. */
export interface ScriptedEventStore extends EventStore {
  /** Adds to the script, one step an append. */
  script(...steps: AppendStep[]): void;
  /** The next so many heads are not to be had. */
  failReads(count: number): void;
  /** Lets what is still on its way reach the log now. */
  deliver(): Promise<void>;
  /** Every append that was tried. */
  readonly tried: readonly (readonly AccountWrite[])[];
  /** How many heads were asked for, by consistency. */
  readonly heads: { any: number; leader: number };
}

export function scriptedEventStore(store: EventStore): ScriptedEventStore {
  const steps: AppendStep[] = [];
  const tried: (readonly AccountWrite[])[] = [];
  const heads = { any: 0, leader: 0 };
  let onTheirWay: (readonly AccountWrite[])[] = [];
  let failingReads = 0;

  async function deliver(): Promise<void> {
    const arriving = onTheirWay;
    onTheirWay = [];
    for (const writes of arriving) await store.append(writes);
  }

  async function append(writes: readonly AccountWrite[]): Promise<AppendOutcome> {
    tried.push(writes);
    const step = steps.shift() ?? 'through';
    await deliver();
    if (typeof step === 'function') {
      await step();
      return store.append(writes);
    }
    switch (step) {
      case 'through':
        return store.append(writes);
      case 'conflict':
      case 'duplicate':
        return { kind: step };
      case 'busy':
      case 'unavailable':
        return { kind: step, reason: `scripted: ${step}` };
      case 'answer lost':
        await store.append(writes);
        return { kind: 'unknown', reason: 'scripted: the answer is lost' };
      case 'late':
        onTheirWay.push(writes);
        return { kind: 'unknown', reason: 'scripted: on its way' };
      case 'lost':
        return { kind: 'unknown', reason: 'scripted: the append is lost' };
    }
  }

  return {
    ...store,
    append,
    deliver,
    tried,
    heads,
    script: (...more) => void steps.push(...more),
    failReads(count) {
      failingReads = count;
    },
    head(accountId, consistency) {
      heads[consistency] += 1;
      if (failingReads === 0) return store.head(accountId, consistency);
      failingReads -= 1;
      return Promise.reject(new Error('scripted: the log is away'));
    },
  };
}
