import { setTimeout as sleep } from 'node:timers/promises';
import { IntegrityError } from '../account/errors.ts';
import { UndecodablePayloadError } from '../event-store/avro/single-object.ts';
import { answerUndisputed, uncompared } from './answer-undisputed.ts';
import { appendPlan } from './append-plan.ts';
import { accountsOf } from './command.ts';
import type { PendingCommand } from './command.ts';
import { decideBatch } from './decide-batch.ts';
import { DueSnapshots } from './due-snapshots.ts';
import { KnownAccounts } from './known-accounts.ts';
import { OpenCommands } from './open-commands.ts';
import type { Obstacle } from './open-commands.ts';
import { unreadable } from './round.ts';
import type { Round, Work } from './round.ts';
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

/**
 * Works one batch of commands, of one account or of several that share accounts, to its end. Nobody
 * else in this process works on those accounts meanwhile. Never throws. How a command ends:
 *
 * - accepted and stored: with the state right after it;
 * - refused: once the states it was decided on are known to be the newest, because the append of the
 *   batch met its expectation of them or because the leader says so; a refusal that is remembered,
 *   once the event that says so is stored besides;
 * - repeated: as the first time, which the state remembers or JetStream's message id gives away;
 * - conflict: the accounts' new events are read through the leader, and all that is open is decided
 *   again, the first time at once and out of no budget: the cache was behind;
 * - no answer to the append: likewise, and a command whose own event stands there is done. If the
 *   lost append is still on its way, its expectations keep it from landing after another one;
 * - out of time, out of retries, or before an event that only a newer release can decode: 409 or 503
 *   if surely nothing of it was stored, 504 if something may be.
 */
export async function workOnAccounts(
  context: WorkerContext,
  batch: readonly PendingCommand[],
): Promise<void> {
  const open = new OpenCommands(batch);
  const known = new KnownAccounts(context);
  const work: Work = { context, known, open };
  open.endExpired(context.monotonic(), WAITED_TOO_LONG);
  let limit = Number.POSITIVE_INFINITY;
  let backoffMs = FIRST_BACKOFF_MS;
  let wasBehind = false;
  try {
    while (open.size > 0) {
      const round = await tryOnce(work, limit);
      ({ limit } = round);
      const { obstacle } = round;
      // It got further, and there is an end to that: it answered commands or let expired holds go, has
      // halved what to look for a repeat in, or caught up accounts, which are then known for all rounds.
      if (obstacle === undefined) continue;
      if (obstacle.kind === 'conflict' && !wasBehind) {
        // Another process has moved the account on: where several share accounts, that is normal.
        wasBehind = true;
      } else {
        if (!context.retries.take()) {
          // What may be in the log must still be looked for, but slowly.
          open.endUnsent(obstacle);
          backoffMs = OUT_OF_BUDGET_BACKOFF_MS;
        }
        await sleep(backoffMs * context.random());
        backoffMs = Math.min(backoffMs * 2, Math.max(backoffMs, LAST_BACKOFF_MS));
      }
      open.endExpired(context.monotonic(), obstacle);
      if (open.size > 0) context.observer.retried(obstacle.kind);
    }
  } catch (error) {
    const accountIds = new Set(batch.flatMap(({ request }) => accountsOf(request)));
    for (const accountId of accountIds) context.observer.failed(accountId, error);
    known.outdated(accountIds);
    open.endAll({ kind: 'failed' });
  }
  known.keep();
}

async function tryOnce(work: Work, limit: number): Promise<Round> {
  const { known, open, context } = work;
  const commands = open.first(limit);
  const accountIds = new Set(commands.flatMap(({ request }) => accountsOf(request)));
  const obstacle = await prepare(work, accountIds);
  if (obstacle !== undefined) return { limit, obstacle };
  // Some of them may have found their end on the way; those behind them are not prepared for.
  const plan = decideBatch(
    (accountId) => known.record(accountId),
    commands.filter((pending) => open.has(pending)),
    context.decide,
  );
  const unsure = uncompared(plan).filter((accountId) => !known.isNewest(accountId));
  known.outdated(unsure);
  if (unsure.length > 0) return { limit };
  if (plan.events.length > 0) return appendPlan(work, limit, plan);
  const held = answerUndisputed(work, plan);
  return { limit, ...(held && { obstacle: held }) };
}

/**
 * Makes the accounts' states ready to be decided on, answers the commands whose own events are met on
 * the way, and takes the snapshots due of those. What is wrong with one account's log ends the
 * commands about it and no others; where the log cannot be read for now, that is the obstacle.
 */
async function prepare(
  { context, known, open }: Work,
  accountIds: ReadonlySet<string>,
): Promise<Obstacle | undefined> {
  const due = new DueSnapshots();
  const failures = await known.prepare(accountIds, (recorded, after) => {
    if (open.isOwn(recorded.event)) due.add(after);
    open.met(recorded, after);
  });
  due.write(context.snapshotWriter);
  let obstacle: Obstacle | undefined;
  for (const [accountId, error] of failures) {
    if (error instanceof IntegrityError) {
      context.observer.failed(accountId, error);
      open.endOf(accountId, { kind: 'failed' });
    } else if (error instanceof UndecodablePayloadError) {
      // No retry changes what stands in the log: another replica may be able to read it.
      context.observer.undecodable(accountId, error);
      open.endOf(accountId, unreadable(error));
    } else {
      obstacle = unreadable(error);
    }
  }
  return obstacle;
}
