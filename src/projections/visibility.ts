import type { EventReader } from '../event-store/event-store.ts';
import type { ProjectedGroup, Projector } from './projector.ts';

/**
 * Waits until every event up to the stream sequence shows in the read models: of the account, where
 * one is given, else of all. False when `timeoutMs` pass before that.
 */
export async function untilVisible(
  { groups }: Projector,
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
    const nothingMissing = hasNothingUpTo(own, events, sequence).catch(() => false);
    if (await Promise.race([reached, nothingMissing])) return true;
  }
  return reached;
}

/** Whether the events between the position and the sequence, which exists, are all of other groups. */
async function hasNothingUpTo(
  { group, position }: ProjectedGroup,
  events: EventReader,
  sequence: number,
): Promise<boolean> {
  const after = position.current();
  const [exists, ...next] = await Promise.all([
    events.event(sequence),
    ...group.shards.map((shard) => events.nextOfShard(shard, after)),
  ]);
  return exists !== undefined && next.every((first) => first === undefined || first > sequence);
}
