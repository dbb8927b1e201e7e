import { setTimeout as sleep } from 'node:timers/promises';
import { IntegrityError } from '../account/errors.ts';
import type { RecordedEvent } from '../account/events.ts';
import type { AccountRecord } from '../account/record.ts';
import { applyRecorded } from '../account/record.ts';
import { SNAPSHOT_INTERVAL } from '../event-store/event-store.ts';
import type { CommandAnswer, PendingCommand } from './command.ts';
import { answerToFirst, decideBatch, recordedEvents } from './decide-batch.ts';
import type { BatchPlan } from './decide-batch.ts';
import { catchUp, firstState } from './known-state.ts';
import type { KnownState } from './known-state.ts';
import { openCommands } from './open-commands.ts';
import type { Obstacle, OpenCommands } from './open-commands.ts';
import type { WorkerContext } from './worker-context.ts';

/** A retry waits a random part of this, which doubles from the first to the last, in milliseconds. */
const FIRST_BACKOFF_MS = 1;
const LAST_BACKOFF_MS = 64;
const OUT_OF_BUDGET_BACKOFF_MS = 500;

/** What one round leaves behind. */
interface Round {
  readonly known: KnownState | undefined;
  /** How many commands the next append takes at most. */
  readonly limit: number;
  /** Set when the round was in vain: the next one waits a little. */
  readonly obstacle?: Obstacle;
}

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
 *   again;
 * - no answer to the append: likewise, and a command whose own event stands there is done. If the
 *   lost append is still on its way, its expectation keeps it from landing after another one;
 * - out of time, or out of retries: 409 or 503 if surely nothing of it was stored, 504 if something
 *   may be.
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
  try {
    while (open.size > 0) {
      round = await tryOnce(context, accountId, round, open);
      if (round.obstacle === undefined) continue;
      if (!context.retries.take()) {
        // What may be in the log must still be looked for, but slowly.
        open.endUnsent(round.obstacle);
        backoffMs = OUT_OF_BUDGET_BACKOFF_MS;
      }
      await sleep(backoffMs * context.random());
      backoffMs = Math.min(backoffMs * 2, Math.max(backoffMs, LAST_BACKOFF_MS));
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
    if (known.freshness === 'stale') known = await catchUp(context, accountId, known, open.met);
  } catch (error) {
    if (error instanceof IntegrityError) throw error;
    return { known: before, limit, obstacle: { kind: 'unavailable', detail: unreadable(error) } };
  }
  const plan = decideBatch(known.record, open.first(limit), context.decide);
  if (plan.events.length > 0) return appendPlan(context, accountId, { known, limit }, plan, open);
  const restsOnState = plan.answered.some(({ answer }) => !isFinal(answer));
  if (restsOnState && known.freshness !== 'newest') return { known: stale(known), limit };
  const held = answerAll(plan, open, known);
  return { known, limit, ...(held && { obstacle: held }) };
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

/**
 * A command of the append stands in the log already, too far back for the state to remember it. Of
 * several commands the server does not say which one: they are halved until one is left, and for
 * that one it says where the first stands.
 */
async function repeated(
  { events }: WorkerContext,
  known: KnownState,
  plan: BatchPlan,
  sequence: number | undefined,
  open: OpenCommands,
): Promise<Round> {
  if (plan.written.length > 1) {
    return { known: stale(known), limit: Math.ceil(plan.written.length / 2) };
  }
  const [command] = plan.written;
  let first: RecordedEvent | undefined;
  try {
    first = sequence === undefined ? undefined : await events.event(sequence);
  } catch (error) {
    const obstacle: Obstacle = { kind: 'unavailable', detail: unreadable(error) };
    return { known: stale(known), limit: 1, obstacle };
  }
  const { request } = command?.pending ?? {};
  const answer =
    known.record && request && first?.event.commandId === request.commandId
      ? answerToFirst(known.record, first, request)
      : undefined;
  if (command === undefined || first === undefined || answer === undefined) {
    return { known: stale(known), limit: 1, obstacle: { kind: 'conflict' } };
  }
  const replayed = !open.isOwn(first.event);
  open.answer(command.pending, 'replayed' in answer ? { ...answer, replayed } : answer);
  return { known: stale(known), limit: 1 };
}

/** Folds the stored events in, answers their commands, and takes the snapshot that is due. */
function stored(
  { snapshotWriter }: WorkerContext,
  known: KnownState,
  plan: BatchPlan,
  lastSequence: number,
  open: OpenCommands,
): KnownState {
  const states: AccountRecord[] = [];
  let { record } = known;
  let due: AccountRecord | undefined;
  for (const recorded of recordedEvents(plan, lastSequence)) {
    record = applyRecorded(record, recorded);
    states.push(record);
    if (record.account.version % SNAPSHOT_INTERVAL === 0) due = record;
  }
  for (const command of plan.written) {
    const after = states[command.end - 1];
    if (after !== undefined) open.written(command, after);
  }
  for (const { pending, answer } of plan.answered) open.answer(pending, answer);
  if (due !== undefined) snapshotWriter.write(due);
  return { record, freshness: 'newest' };
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

const stale = ({ record }: KnownState): KnownState => ({ record, freshness: 'stale' });

const unreadable = (error: unknown) =>
  `the log cannot be read: ${error instanceof Error ? error.message : String(error)}`;
