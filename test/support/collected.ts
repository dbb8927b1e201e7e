import type { RecordedEvent } from '../../src/account/events.ts';

/** All of it as plain events and sequences: what is read backwards may carry a pointer too. */
export async function collected(events: AsyncIterable<RecordedEvent>): Promise<RecordedEvent[]> {
  const all: RecordedEvent[] = [];
  for await (const { sequence, event } of events) all.push({ sequence, event });
  return all;
}
