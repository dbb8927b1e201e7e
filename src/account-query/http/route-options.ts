import type { EventLog } from '../past-account.ts';
import type { ReadStore } from '../read-store.ts';
import type { UntilVisible } from '../until-visible.ts';

/** What the routes answer from. */
export interface RouteOptions {
  readonly store: ReadStore;
  /** The log; undefined while it is not connected yet. */
  readonly log: () => EventLog | undefined;
  readonly untilVisible: UntilVisible;
  /** Aborted when the service begins to stop: long answers come to their end. */
  readonly stopping: AbortSignal;
}
