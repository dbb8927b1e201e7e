import type { EventReader } from '../event-store/event-store.ts';
import { isUnreadable } from '../event-store/log-entry.ts';
import { nextOfGroup } from './next-of-group.ts';
import type { ProjectedGroup, Projector } from './projector.ts';

/**
 * Waits until every event up to the stream sequence shows in the read models: of the account, where
 * one is given, else of all. False when `timeoutMs` pass before that.
 */
export async function untilVisible(
  { groups }: Pick<Projector, 'groups'>,
  events: EventReader,
  sequence: number,
  timeoutMs: number,
  accountId?: string,
): Promise<boolean> {
  const concerned = groups.filter(({ group }) => accountId === undefined || group.has(accountId));
  const seen = await Promise.all(
    concerned.map((own) => untilReached(own, events, sequence, timeoutMs, groups.length > 1)),
  );
  return seen.every(Boolean);
}

async function untilReached(
  own: ProjectedGroup,
  events: EventReader,
  sequence: number,
  timeoutMs: number,
  othersHaveEvents: boolean,
): Promise<boolean> {
  const { position, checkpoints } = own;
  if (sequence <= position.current()) return true;
  const reached = position.waitFor(sequence, timeoutMs);
  // The news of it may have got lost, and no more may come.
  void checkpoints.read().then(
    (checkpoint) => checkpoint && position.advance(checkpoint.sequence),
    () => undefined,
  );
  if (othersHaveEvents) {
    const nothingMissing = untilNothingMissing(own, events, sequence, timeoutMs);
    if (await Promise.race([reached, nothingMissing.catch(() => false)])) return true;
  }
  return reached;
}

/**
 * Resolves with true once all events between the position and the sequence are of other groups: the
 * group's own last one may stand long before it. False where the sequence does not exist yet.
 */
async function untilNothingMissing(
  { group, position }: ProjectedGroup,
  events: EventReader,
  sequence: number,
  timeoutMs: number,
): Promise<boolean> {
  if (!(await exists(events, sequence))) return false;
  let shards = group.shards;
  for (;;) {
    const after = position.current();
    const next = await Promise.all(
      shards.map(async (shard) => ({ shard, first: await events.nextOfShard(shard, after) })),
    );
    const missing = next.flatMap(({ shard, first }) =>
      first !== undefined && first <= sequence ? [{ shard, first }] : [],
    );
    if (missing.length === 0) return true;
    // What a shard lacks up to the sequence is in the log already: no more will come there.
    shards = missing.map(({ shard }) => shard);
    const goal = Math.max(...missing.map(({ first }) => first));
    if (!(await position.waitFor(goal, timeoutMs))) return false;
  }
}

async function exists(events: EventReader, sequence: number): Promise<boolean> {
  try {
    return (await events.event(sequence)) !== undefined;
  } catch (error) {
    // It cannot be read, but it is there.
    if (isUnreadable(error)) return true;
    throw error;
  }
}

/**
 * Stream sequence up to which every event shows in the read models. That of the group that is furthest,
 * unless another one has an event before it that is missing: its own last one may stand long before it.
 */
export async function visibleUpTo(
  { groups }: Pick<Projector, 'groups'>,
  events: EventReader,
): Promise<number> {
  const furthest = Math.max(...groups.map(({ position }) => position.current()));
  const reached = await Promise.all(
    groups.map(async ({ group, position }) => {
      const after = position.current();
      if (after >= furthest) return furthest;
      const missing = await nextOfGroup(events, group, after);
      return missing === undefined ? furthest : Math.min(furthest, missing - 1);
    }),
  );
  return Math.min(...reached);
}
