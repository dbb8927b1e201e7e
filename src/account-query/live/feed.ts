import type { EventReader } from '../../event-store/event-store.ts';
import type { LogEntry, UnreadableEntry } from '../../event-store/log-entry.ts';
import type { ProjectionPosition } from '../../projections/position.ts';
import { ring } from './ring.ts';
import type { Stretch } from './ring.ts';
import { createWaiting } from './waiting.ts';

/** The newest events of the log, read once for all clients while there are any. */
export interface LiveFeed {
  /**
   * Takes a client in that has everything up to a stream sequence; undefined where there are too many.
   * Answers what takes it out again.
   */
  join(after: number): (() => void) | undefined;
  /** Stream sequence up to which the feed has come. */
  readonly newest: () => number;
  /** As {@link Ring.after}. */
  recent(after: number, accountId: string | undefined): Stretch | undefined;
  /**
   * For who has all up to the newest: resolves when there is an event of the account (undefined: of
   * any), or when it is time to look up. Answers a stream sequence up to which there was none.
   */
  moved(accountId: string | undefined): Promise<number>;
}

export interface LiveFeedOptions {
  /** The log; undefined while it is not connected yet. */
  readonly events: () => EventReader | undefined;
  readonly position: ProjectionPosition;
  /** Clients at once, at most. */
  readonly maxClients: number;
  /** Whoever waits looks up at least so often, in milliseconds, and when the service stops. */
  readonly lookEveryMs: number;
  readonly stopping: AbortSignal;
  /** Told how many clients there are. */
  readonly onClients: (count: number) => void;
  /** Told why the log could not be read; it is tried again. */
  readonly onFailure: (error: unknown) => void;
  /** Told of a message that cannot be read, and that clients are therefore not sent. */
  readonly onUnreadable: (entry: UnreadableEntry) => void;
}

const RING_LIMITS = { events: 4_096, characters: 4 * 1024 * 1024 };

/** Wait before the log is tried again, in milliseconds. */
const RETRY_MS = 500;

/**
 * The projection's progress wakes the feed: what it has advanced to is in the log. Events are read
 * from the log itself, so they come in its order, each once.
 */
export function liveFeed(options: LiveFeedOptions): LiveFeed {
  const { events, position, maxClients, onClients, onFailure } = options;
  const recent = ring(RING_LIMITS);
  const waiting = createWaiting(options, recent.newest);
  let clients = 0;
  /** Stream sequence that the projection has come to. */
  let target = 0;
  /** Counts the times that the first client came: a read begun before that is stale. */
  let epoch = 0;
  let reading = false;

  position.onAdvance((sequence) => {
    target = Math.max(target, sequence);
    void read();
  });

  async function read(): Promise<void> {
    const log = events();
    if (reading || log === undefined || clients === 0) return;
    reading = true;
    try {
      while (clients > 0 && recent.newest() < target) await readTo(log, target);
    } catch (error) {
      onFailure(error);
      setTimeout(() => void read(), RETRY_MS).unref();
    } finally {
      reading = false;
    }
  }

  /** @throws Error where the log ends before that, or cannot be read. */
  async function readTo(log: EventReader, until: number): Promise<void> {
    const begun = epoch;
    for await (const entry of log.entries(recent.newest(), until)) {
      // A first client has come meanwhile and begun anew elsewhere.
      if (begun !== epoch || clients === 0) return;
      take(entry);
    }
    if (begun === epoch && recent.newest() < until) {
      throw new Error(`the log ends at ${recent.newest()}, the read models are at ${until}`);
    }
  }

  function take(entry: LogEntry): void {
    if ('error' in entry) {
      recent.pass(entry.sequence);
      options.onUnreadable(entry);
      return;
    }
    recent.push(entry);
    waiting.came(entry.accountId);
  }

  return {
    join(after) {
      if (clients >= maxClients) return undefined;
      if (clients === 0) {
        epoch += 1;
        recent.restart(Math.max(after, position.current()));
        waiting.restart();
      }
      clients += 1;
      onClients(clients);
      void read();
      let joined = true;
      return () => {
        if (!joined) return;
        joined = false;
        clients -= 1;
        onClients(clients);
      };
    },
    newest: () => recent.newest(),
    recent: (after, accountId) => recent.after(after, accountId),
    moved: waiting.moved,
  };
}
