import { Gauge } from '../platform/metrics.ts';
import type { Registry } from '../platform/metrics.ts';
import type { Build, Group } from '../projections/build.ts';
import { groupsOf } from '../projections/build.ts';
import type { Checkpoint } from '../projections/checkpoint.ts';
import type { BatchReport } from '../projections/projector-observer.ts';

export interface LagMetrics {
  readonly of: (group: Pick<Group, 'id' | 'build'>) => Progress;
  readonly serving: (build: Build) => void;
}

/** Told what the group's projector tells. */
export interface Progress {
  readonly started: (checkpoint: Checkpoint) => void;
  readonly wrote: (batch: BatchReport) => void;
  readonly pending: (events: number, checkpoint?: Checkpoint) => void;
}

interface Lag {
  readonly projection: string;
  /** Stream sequence. */
  readonly sequence: number;
  /** Events; told at this moment of the process, in milliseconds. */
  readonly pending: number;
  readonly toldAt: number;
  /** When the last event applied happened, in milliseconds since 1970. */
  readonly lastAt: number | undefined;
}

/**
 * For so long what was told of the events behind is taken for how it is, in milliseconds: it is told
 * every few seconds. A replica that was cut off must not go on telling of a backlog that others have
 * long worked off.
 */
const TOLD_FOR_MS = 30_000;

const pendingOf = ({ pending, toldAt }: Lag): number | undefined =>
  performance.now() - toldAt > TOLD_FOR_MS ? undefined : pending;

const placeOf = ({ sequence, at }: Checkpoint) => ({ sequence, lastAt: at?.getTime() });

const told = (pending: number) => ({ pending, toldAt: performance.now() });

/** How far the read models are, group by group of the build that is served. */
export function lagMetrics(registry: Registry): LagMetrics {
  const lags = new Map<string, Lag>();
  let served: ReadonlySet<string> | undefined;

  /** A value that nobody knows is not shown. */
  function gauge(name: string, help: string, valueOf: (lag: Lag) => number | undefined): void {
    const labelNames = ['projection', 'group'];
    const made = new Gauge({
      name,
      help,
      labelNames,
      registers: [],
      collect() {
        this.reset();
        for (const [group, lag] of lags) {
          if (served?.has(group) === false) continue;
          const value = valueOf(lag);
          if (value !== undefined) this.set({ projection: lag.projection, group }, value);
        }
      },
    });
    registry.registerMetric(made);
  }

  gauge(
    'jetbank_projection_sequence',
    'Stream sequence up to which the read models have every event',
    ({ sequence }) => sequence,
  );
  gauge(
    'jetbank_projection_lag_events',
    'Events of the log that the read models do not have yet',
    pendingOf,
  );
  gauge(
    'jetbank_projection_lag_seconds',
    'Age of the last event in the read models while there are newer ones, else 0',
    (lag) => {
      const [pending, { lastAt }] = [pendingOf(lag), lag];
      if (pending === undefined || pending === 0) return pending;
      return lastAt === undefined ? undefined : Math.max(0, Date.now() - lastAt) / 1000;
    },
  );

  return {
    of({ id, build: { projection } }) {
      const none = { projection, sequence: 0, pending: 0, toldAt: -Infinity, lastAt: undefined };
      const update = (change: Partial<Lag>) =>
        void lags.set(id, { ...none, ...lags.get(id), ...change });
      return {
        started: (checkpoint) => update(placeOf(checkpoint)),
        wrote({ checkpoint: { sequence, at }, pending }) {
          update({ sequence, ...told(pending), ...(at !== undefined && { lastAt: at.getTime() }) });
        },
        pending: (pending, checkpoint) =>
          update({ ...told(pending), ...(checkpoint && placeOf(checkpoint)) }),
      };
    },
    serving(build) {
      served = new Set(groupsOf(build).map(({ id }) => id));
    },
  };
}
