import type { RecordedEvent } from '../../account/events.ts';
import { eventToJson } from '../../event-store/payload-json.ts';

/** A stretch of the log as Server-Sent Events. */
export interface Stretch {
  readonly text: string;
  /** Stream sequence up to which it goes, also where its last events were left out. */
  readonly through: number;
}

/** The newest events, bounded in number and in characters: what every client reads that keeps up. */
export interface Ring {
  /** Stream sequence of the newest event, or where the ring began. */
  readonly newest: () => number;
  push(recorded: RecordedEvent): void;
  /** The log has something at this stream sequence, behind the newest, that nobody is sent. */
  pass(sequence: number): void;
  /** Empties the ring; the next event is the one after this stream sequence. */
  restart(sequence: number): void;
  /** Some of the events after a stream sequence, as many as suit one write; undefined where the first are gone. */
  after(sequence: number, accountId: string | undefined): Stretch | undefined;
}

export interface RingLimits {
  readonly events: number;
  readonly characters: number;
}

/** What is put together for one write, in characters; one more event may go beyond it. */
const WRITE_CHARACTERS = 32 * 1024;

interface Entry {
  readonly sequence: number;
  readonly accountId: string;
  readonly frame: string;
}

export function ring({ events, characters }: RingLimits): Ring {
  let entries: Entry[] = [];
  /** Entries before this index are gone; they are cut off now and then, not each time. */
  let first = 0;
  let size = 0;
  /** Everything after this stream sequence and up to the newest is here. */
  let begin = 0;
  let newest = 0;

  function dropOldest(): void {
    const oldest = entries[first];
    if (oldest === undefined) return;
    begin = oldest.sequence;
    size -= oldest.frame.length;
    first += 1;
    if (first < events) return;
    entries = entries.slice(first);
    first = 0;
  }

  /** Index of the first entry after the stream sequence. */
  function indexAfter(sequence: number): number {
    let [low, high] = [first, entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((entries[middle]?.sequence ?? Infinity) <= sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    newest: () => newest,
    push(recorded) {
      const { sequence, event } = recorded;
      const frame = frameOf(recorded);
      entries.push({ sequence, accountId: event.accountId, frame });
      size += frame.length;
      newest = sequence;
      while (entries.length - first > events || size > characters) dropOldest();
    },
    pass(sequence) {
      newest = sequence;
    },
    restart(sequence) {
      entries = [];
      [first, size, begin, newest] = [0, 0, sequence, sequence];
    },
    after(sequence, accountId) {
      if (sequence < begin) return undefined;
      let text = '';
      let through = sequence;
      for (let index = indexAfter(sequence); text.length < WRITE_CHARACTERS; index += 1) {
        const entry = entries[index];
        if (entry === undefined) {
          through = newest;
          break;
        }
        if (accountId === undefined || accountId === entry.accountId) text += entry.frame;
        through = entry.sequence;
      }
      return { text, through };
    },
  };
}

/** One event of the stream: its sequence, its type, and the JSON that /events shows, on one line. */
export function frameOf(recorded: RecordedEvent): string {
  const { sequence, event } = recorded;
  return `id: ${sequence}\nevent: ${event.type}\ndata: ${JSON.stringify(eventToJson(recorded))}\n\n`;
}
