import type { EventReader } from '../event-store/event-store.ts';
import type { Group } from './build.ts';

/** Stream sequence of the group's first event after another one; undefined where there is none. */
export async function nextOfGroup(
  events: EventReader,
  { shards }: Group,
  after: number,
): Promise<number | undefined> {
  const next = await Promise.all(shards.map((shard) => events.nextOfShard(shard, after)));
  const found = next.filter((sequence) => sequence !== undefined);
  return found.length === 0 ? undefined : Math.min(...found);
}
