import { setTimeout as sleep } from 'node:timers/promises';
import { IntegrityError } from '../account/errors.ts';
import type { AccountRecord } from '../account/record.ts';
import { applyRecorded } from '../account/record.ts';
import { UndecodablePayloadError } from '../event-store/avro/single-object.ts';
import { SNAPSHOT_INTERVAL } from '../event-store/event-store.ts';
import type { CommandAnswer, PendingCommand } from './command.ts';
import { decideBatch, recordedEvents } from './decide-batch.ts';
import type { BatchPlan } from './decide-batch.ts';
import { catchUp, firstState, stale } from './known-state.ts';
import type { KnownState } from './known-state.ts';
import { openCommands } from './open-commands.ts';
import type { Obstacle, OpenCommands } from './open-commands.ts';
import { repeated } from './repeated.ts';
import { unreadable } from './round.ts';
import type { Round } from './round.ts';
import type { WorkerContext } from './worker-context.ts';

/** A retry waits a random part of this, which doubles from the first to the last, in milliseconds. */
const FIRST_BACKOFF_MS = 1;
const LAST_BACKOFF_MS = 64;
const OUT_OF_BUDGET_BACKOFF_MS = 500;

/** A hanging log holds an account's first batch for as long as a command may take, and so all others. */
const WAITED_TOO_LONG: Obstacle = {
  kind: 'unavailable',
  detail: 'its time was up before its turn came',
};

const NOTHING_KNOWN: Round = { known: undefined, limit: Number.POSITIVE_INFINITY };

/**
 * Works one batch of commands of one account to its end. Never throws. How a command ends:
 *
 * - accepted and stored: with the state right after it;
 * - refused and remembered: once the event that says so is stored;
 * - refused otherwise: once the state it was decided on is known to be the newest, because an append
 *   of the same batch met its expectation or because the leader says so;
 * - repeated: as the first time, which the state remembers or JetStream's message id gives away;
 * - conflict: the account's new events are read through the leader, and all that is open is decided
 *   again, the first time at once and out of no budget: the cache was behind;
 * - no answer to the append: likewise, and a command whose own event stands there is done. If the
 *   lost append is still on its way, its expectation keeps it from landing after another one;
 * - out of time, out of retries, or before an event that only a newer release can decode: 409 or 503
 *   if surely nothing of it was stored, 504 if something may be.
 */
export async function workOnAccount(
  context: WorkerContext,
  accountId: string,
  batch: readonly PendingCommand[],
): Promise<void> {
  const open = openCommands(batch);
  open.endExpired(context.monotonic(), WAITED_TOO_LONG);
  let round = NOTHING_KNOWN;
  let backoffMs = FIRST_BACKOFF_MS;
  let wasBehind = false;
  try {
    while (open.size > 0) {
      round = await tryOnce(context, accountId, round, open);
      if (round.obstacle === undefined) continue;
      if (round.obstacle.kind === 'conflict' && !wasBehind) {
        // Another process has moved the account on: where several share accounts, that is normal.
        wasBehind = true;
      } else {
        if (!context.retries.take()) {
          // What may be in the log must still be looked for, but slowly.
          open.endUnsent(round.obstacle);
          backoffMs = OUT_OF_BUDGET_BACKOFF_MS;
        }
        await sleep(backoffMs * context.random());
        backoffMs = Math.min(backoffMs * 2, Math.max(backoffMs, LAST_BACKOFF_MS));
      }
      open.endExpired(context.monotonic(), round.obstacle);
    }
  } catch (error) {
    context.observer.failed(accountId, error);
    round = NOTHING_KNOWN;
    open.endAll({ kind: 'failed' });
  }
  keep(context, accountId, round.known);
}

async function tryOnce(
  context: WorkerContext,
  accountId: string,
  { known: before, limit }: Round,
  open: OpenCommands,
): Promise<Round> {
  let known: KnownState;
  try {
    known = before ?? (await firstState(context, accountId));
    if (known.freshness === 'stale')
      known = await catchUpAnswering(context, accountId, known, open);
  } catch (error) {
    if (error instanceof IntegrityError) throw error;
    const obstacle = unreadable(error);
    if (error instanceof UndecodablePayloadError) {
      // No retry changes what stands in the log: another replica may be able to read it.
      context.observer.undecodable(accountId, error);
      open.endAll(obstacle);
    }
    return { known: before, limit, obstacle };
  }
  const plan = decideBatch(known.record, open.first(limit), context.decide);
  if (plan.events.length > 0) return appendPlan(context, accountId, { known, limit }, plan, open);
  const restsOnState = plan.answered.some(({ answer }) => !isFinal(answer));
  if (restsOnState && known.freshness !== 'newest') return { known: stale(known), limit };
  const held = answerAll(plan, open, known);
  return { known, limit, ...(held && { obstacle: held }) };
}

/** Catches up, answers the commands whose own events it meets, and takes the snapshot due of those. */
async function catchUpAnswering(
  context: WorkerContext,
  accountId: string,
  known: KnownState,
  open: OpenCommands,
): Promise<KnownState> {
  const own: AccountRecord[] = [];
  const newest = await catchUp(context, accountId, known, (recorded, after) => {
    if (open.isOwn(recorded.event)) own.push(after);
    open.met(recorded, after);
  });
  takeSnapshot(context, own);
  return newest;
}

async function appendPlan(
  context: WorkerContext,
  accountId: string,
  { known, limit }: Round & { readonly known: KnownState },
  plan: BatchPlan,
  open: OpenCommands,
): Promise<Round> {
  const expectedSequence = known.record?.sequence ?? 0;
  const outcome = await context.events.append([
    { accountId, expectedSequence, events: plan.events },
  ]);
  context.observer.appended(outcome, plan.events.length);
  switch (outcome.kind) {
    case 'stored':
      return {
        known: stored(context, known, plan, outcome.lastSequence, open),
        limit: limit * 2,
      };
    case 'conflict':
      return { known: stale(known), limit, obstacle: { kind: 'conflict' } };
    case 'duplicate':
      return repeated(context, known, plan, outcome.sequence, open);
    case 'busy':
      return { known, limit, obstacle: { kind: 'unavailable', detail: outcome.reason } };
    case 'unavailable': {
      const obstacle: Obstacle = { kind: 'unavailable', detail: outcome.reason };
      open.endUnsent(obstacle);
      return { known, limit, obstacle };
    }
    case 'unknown': {
      open.mayBeStored(plan, expectedSequence);
      const obstacle: Obstacle = { kind: 'unavailable', detail: outcome.reason };
      return { known: stale(known), limit, obstacle };
    }
  }
}

/** Folds the stored events in, answers their commands, and takes the snapshot that is due. */
function stored(
  context: WorkerContext,
  known: KnownState,
  plan: BatchPlan,
  lastSequence: number,
  open: OpenCommands,
): KnownState {
  const states: AccountRecord[] = [];
  let { record } = known;
  for (const recorded of recordedEvents(plan, lastSequence)) {
    record = applyRecorded(record, recorded);
    states.push(record);
  }
  for (const command of plan.written) {
    const after = states[command.end - 1];
    if (after !== undefined) open.written(command, after);
  }
  for (const { pending, answer } of plan.answered) open.answer(pending, answer);
  takeSnapshot(context, states);
  return { record, freshness: 'newest' };
}

/** Asks for a snapshot of the last of these states, oldest first, that one is due of. */
function takeSnapshot({ snapshotWriter }: WorkerContext, states: readonly AccountRecord[]): void {
  const due = states.findLast(({ account }) => account.version % SNAPSHOT_INTERVAL === 0);
  if (due !== undefined) snapshotWriter.write(due);
}

/** Leaves what is known for the account's next batch, unless it may be behind. */
function keep({ cache }: WorkerContext, accountId: string, known: KnownState | undefined): void {
  const usable = known?.record !== undefined && known.freshness !== 'stale';
  if (usable) cache.set(accountId, known.record);
  else cache.delete(accountId);
}

/**
 * Answers what needed no event, on the newest state. A command that a lost append may still bring
 * into the log must not be refused: it is held back, and the obstacle is answered.
 */
function answerAll(
  plan: BatchPlan,
  open: OpenCommands,
  { record }: KnownState,
): Obstacle | undefined {
  let obstacle: Obstacle | undefined;
  for (const { pending, answer } of plan.answered) {
    const held = !isFinal(answer) && open.mayStillLand(pending, record?.sequence ?? 0);
    if (held) obstacle = { kind: 'unavailable', detail: 'an append is still on its way' };
    else open.answer(pending, answer);
  }
  return obstacle;
}

/** Whether the answer stands whatever else the log holds: what a key once did never changes. */
const isFinal = (answer: CommandAnswer) =>
  answer.kind === 'key_reused' || ('replayed' in answer && answer.replayed);
