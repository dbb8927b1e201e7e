import type { ReadStore } from '../read-store.ts';
import type { UntilVisible } from '../until-visible.ts';

/** What the routes answer from. */
export interface RouteOptions {
  readonly store: ReadStore;
  readonly untilVisible: UntilVisible;
  /** Aborted when the service begins to stop: long answers come to their end. */
  readonly stopping: AbortSignal;
}
