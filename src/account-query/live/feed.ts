import type { EventReader } from '../../event-store/event-store.ts';
import type { ProjectionPosition } from '../../projections/position.ts';
import { ring } from './ring.ts';
import type { Stretch } from './ring.ts';

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
  /** Resolves when the feed has come further, the time is up, or the signal is aborted. */
  moved(timeoutMs: number, signal: AbortSignal): Promise<void>;
}

export interface LiveFeedOptions {
  /** The log; undefined while it is not connected yet. */
  readonly events: () => EventReader | undefined;
  readonly position: ProjectionPosition;
  /** Clients at once, at most. */
  readonly maxClients: number;
  /** Told how many clients there are. */
  readonly onClients: (count: number) => void;
  /** Told why the log could not be read; it is tried again. */
  readonly onFailure: (error: unknown) => void;
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
  const waiters = new Set<() => void>();
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

  function wake(): void {
    for (const waiter of waiters) waiter();
  }

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
    for await (const recorded of log.replay(recent.newest(), until)) {
      // A first client has come meanwhile and begun anew elsewhere.
      if (begun !== epoch || clients === 0) return;
      recent.push(recorded);
      wake();
    }
    if (begun === epoch && recent.newest() < until) {
      throw new Error(`the log ends at ${recent.newest()}, the read models are at ${until}`);
    }
  }

  return {
    join(after) {
      if (clients >= maxClients) return undefined;
      if (clients === 0) {
        epoch += 1;
        recent.restart(Math.max(after, position.current()));
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
    moved(timeoutMs, signal) {
      return new Promise((resolve) => {
        const end = () => {
          clearTimeout(timer);
          waiters.delete(end);
          signal.removeEventListener('abort', end);
          resolve();
        };
        const timer = setTimeout(end, timeoutMs);
        signal.addEventListener('abort', end, { once: true });
        waiters.add(end);
        if (signal.aborted) end();
      });
    },
  };
}
