import type { EventReader } from '../event-store/event-store.ts';
import { ProblemError } from '../platform/problem.ts';
import { withTimeout } from '../platform/timeout.ts';
import type { Build, Group } from '../projections/build.ts';
import type { Projector } from '../projections/projector.ts';
import { untilVisible, visibleUpTo } from '../projections/visibility.ts';

/** The build of the read models that queries are answered from, as the routes know it. */
export interface ServedBuild {
  /** @throws ProblemError `unavailable` before MongoDB was there for the first time. */
  build(): Build;
  /** None before that. */
  groups(): readonly Group[];
  untilVisible: UntilVisible;
  /** Stream sequence up to which every event is in the read models. */
  position(): Promise<number>;
}

/**
 * Waits until every event up to the stream sequence shows, of the account or of all; undefined waits
 * for nothing.
 * @throws ProblemError `unavailable` when the read models do not get there in time.
 */
export type UntilVisible = (minSequence: number | undefined, accountId?: string) => Promise<void>;

/** Before MongoDB and NATS were there for the first time. */
export const starting = (): ProblemError =>
  new ProblemError('unavailable', 'the service is starting', { retryAfterSeconds: 1 });

export function servedBuild(
  current: () => { readonly projector: Projector; readonly events: EventReader } | undefined,
  timeoutMs: number,
): ServedBuild {
  function serving() {
    const found = current();
    if (found !== undefined) return found;
    throw starting();
  }

  return {
    build: () => serving().projector.build,
    groups: () => current()?.projector.groups.map(({ group }) => group) ?? [],
    async position() {
      const { projector, events } = serving();
      // Without the log it is not known whether a group has nothing to do or is behind.
      const sequence = await withTimeout(visibleUpTo(projector, events), timeoutMs).catch(() =>
        reached(projector),
      );
      return serving().projector === projector ? sequence : this.position();
    },

    async untilVisible(sequence, accountId) {
      if (sequence === undefined) return;
      const { projector, events } = serving();
      const seen = await untilVisible(projector, events, sequence, timeoutMs, accountId);
      // Another build is answered from by now: what counts is what that one shows.
      if (serving().projector !== projector) return this.untilVisible(sequence, accountId);
      if (seen) return;
      const at = reached(projector);
      const detail = `the read models are at stream sequence ${at}, not yet ${sequence}`;
      throw new ProblemError('unavailable', detail, { retryAfterSeconds: 1 });
    },
  };
}

const reached = ({ groups }: Projector): number =>
  Math.min(...groups.map(({ position }) => position.current()));
