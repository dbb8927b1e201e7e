import type { Collection, Filter, WithId } from 'mongodb';
import type { EventReader } from '../event-store/event-store.ts';
import type { LogEntry } from '../event-store/log-entry.ts';
import type { ProjectedDocument, ProjectedLine, Projection } from './projection.ts';

/** What is read of a line to find out which event made it. */
interface PlacedLine extends ProjectedLine {
  /** Stream sequence of the event. */
  readonly sequence: bigint;
}

/** Whether there may be lines that no event made, where `present` of those up to the sequence were found. */
export async function maybeStrayLines(
  lines: Collection<ProjectedLine>,
  events: Pick<EventReader, 'lastSequence'>,
  untilSequence: number,
  present: number,
): Promise<boolean> {
  const upTo = { sequence: { $lte: BigInt(untilSequence) } } as Filter<ProjectedLine>;
  if ((await lines.countDocuments(upTo)) > present) return true;
  const beyond = {
    sequence: { $gt: BigInt(await events.lastSequence()) },
  } as Filter<ProjectedLine>;
  return (await lines.countDocuments(beyond, { limit: 1 })) > 0;
}

/** Every line that no event of the log made: the lines in the log's order are held against the log. */
export async function* strayLines<D extends ProjectedDocument>(
  projection: Projection<D>,
  lines: Collection<ProjectedLine>,
  events: Pick<EventReader, 'entries' | 'lastSequence'>,
): AsyncGenerator<{ readonly id: string; readonly sequence: number }> {
  const found = lines
    .find({}, { projection: { _id: 1, sequence: 1 } })
    .sort({ sequence: 1 })
    .allowDiskUse();
  // Sorting has read all of them: what they are of is in the log by now.
  let line = placed(await found.next());
  const log = events.entries(0, await events.lastSequence())[Symbol.asyncIterator]();
  let entry = await next(log);
  while (line !== null) {
    const sequence = Number(line.sequence);
    while (entry !== undefined && entry.sequence < sequence) entry = await next(log);
    const own = entry?.sequence === sequence && 'event' in entry && projection.lineOf(entry);
    if (!own || own._id !== line._id) yield { id: line._id, sequence };
    line = placed(await found.next());
  }
}

const placed = (line: WithId<ProjectedLine> | null) => line as PlacedLine | null;

async function next(log: AsyncIterator<LogEntry>): Promise<LogEntry | undefined> {
  const { value, done } = (await log.next()) as IteratorResult<LogEntry, undefined>;
  return done === true ? undefined : value;
}
