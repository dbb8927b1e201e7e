import type { LiveFeed } from '../live/feed.ts';
import type { EventLog } from '../past-account.ts';
import type { ReadStore } from '../read-store.ts';
import type { UntilVisible } from '../served-build.ts';

export interface LiveOptions {
  readonly feed: LiveFeed;
  /** A client that has taken nothing for so long is cut off, in milliseconds. */
  readonly stalledMs: number;
  /** Told of each client that was cut off because it took nothing. */
  readonly onDropped: () => void;
}

/** What the routes answer from. */
export interface RouteOptions {
  readonly store: ReadStore;
  /** The log; undefined while it is not connected yet. */
  readonly log: () => EventLog | undefined;
  readonly live: LiveOptions;
  /** Stream sequence up to which every event is in the read models. */
  readonly position: () => Promise<number>;
  readonly untilVisible: UntilVisible;
  /** Aborted when the service begins to stop: long answers come to their end. */
  readonly stopping: AbortSignal;
}
