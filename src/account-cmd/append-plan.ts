import type { AccountRecord } from '../account/record.ts';
import { applyRecorded } from '../account/record.ts';
import type { AccountWrite, AppendOutcome } from '../event-store/event-store.ts';
import { messageOf } from '../platform/message-of.ts';
import { answerUndisputed } from './answer-undisputed.ts';
import { recordedEvents } from './decide-batch.ts';
import type { BatchPlan } from './decide-batch.ts';
import { DueSnapshots } from './due-snapshots.ts';
import type { KnownAccounts } from './known-accounts.ts';
import { lastOwnIndex } from './open-commands.ts';
import type { Obstacle } from './open-commands.ts';
import { repeated } from './repeated.ts';
import type { Round, Work } from './round.ts';

/** Appends what a batch decided, and does what the outcome asks for. */
export async function appendPlan(work: Work, limit: number, plan: BatchPlan): Promise<Round> {
  const { context, known, open } = work;
  const writes = writesOf(plan, known);
  const appended = context.observer.appending({
    events: plan.events.length,
    commands: plan.written.length,
  });
  let outcome: AppendOutcome;
  try {
    outcome = await context.events.append(writes);
  } catch (error) {
    // Thrown before anything was sent: it is over all the same.
    appended({ kind: 'unavailable', reason: messageOf(error) });
    throw error;
  }
  appended(outcome);
  switch (outcome.kind) {
    case 'stored': {
      try {
        stored(work, plan, outcome.lastSequence);
      } catch (error) {
        // Whoever is not answered yet must not be told that nothing was done.
        open.mayBeStored(plan, expectedIn(writes));
        throw error;
      }
      const held = answerUndisputed(work, plan);
      return { limit: limit * 2, ...(held && { obstacle: held }) };
    }
    case 'conflict':
      known.outdated(accountsIn(writes));
      return { limit, obstacle: { kind: 'conflict' } };
    case 'duplicate':
      return repeated(work, plan, outcome.sequence);
    case 'busy':
      return { limit, obstacle: { kind: 'unavailable', detail: outcome.reason } };
    case 'unavailable': {
      const obstacle: Obstacle = { kind: 'unavailable', detail: outcome.reason };
      open.endUnsent(obstacle);
      return { limit, obstacle };
    }
    case 'unknown': {
      open.mayBeStored(plan, expectedIn(writes));
      known.outdated(accountsIn(writes));
      return { limit, obstacle: { kind: 'unavailable', detail: outcome.reason } };
    }
  }
}

const accountsIn = (writes: readonly AccountWrite[]) => writes.map(({ accountId }) => accountId);

const expectedIn = (writes: readonly AccountWrite[]): ReadonlyMap<string, number> =>
  new Map(writes.map(({ accountId, expectedSequence }) => [accountId, expectedSequence]));

/** The plan's events in their order, those of one account that stand together in one write. */
function writesOf({ events }: BatchPlan, known: KnownAccounts): AccountWrite[] {
  const writes: (AccountWrite & { events: BatchPlan['events'][number][] })[] = [];
  for (const pending of events) {
    const { accountId } = pending.event;
    const last = writes.at(-1);
    if (last?.accountId === accountId) last.events.push(pending);
    else {
      const expectedSequence = known.sequenceOf(accountId);
      writes.push({ accountId, expectedSequence, events: [pending] });
    }
  }
  return writes;
}

/** Folds the stored events in, answers their commands, and takes the snapshots that are due. */
function stored({ context, known, open }: Work, plan: BatchPlan, lastSequence: number): void {
  const recorded = recordedEvents(plan, lastSequence);
  const states: AccountRecord[] = [];
  const due = new DueSnapshots();
  for (const one of recorded) {
    const { accountId } = one.event;
    const after = applyRecorded(known.record(accountId), one);
    known.appended(accountId, after);
    states.push(after);
    due.add(after);
  }
  for (const command of plan.written) {
    const after = states[lastOwnIndex(plan, command)];
    if (after !== undefined) open.written(command, after, recorded);
  }
  due.write(context.snapshotWriter);
}
