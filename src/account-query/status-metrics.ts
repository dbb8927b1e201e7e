import { Gauge } from '../platform/metrics.ts';
import type { Registry } from '../platform/metrics.ts';
import type { BuildStatus, ProjectionStatus } from '../projections/status.ts';

export interface StatusSources {
  /** How the projections stand, as MongoDB and NATS know it. */
  readonly status: () => Promise<readonly ProjectionStatus[]>;
  /** Stream sequence of the log's last event; undefined while that is not known. */
  readonly lastSequence: () => Promise<number | undefined>;
}

/**
 * What is the same in every replica: the log's end, all builds, also one that a rebuild is making, and
 * the parked accounts. Each scrape has it asked for, and shows what the scrape before brought: nobody
 * who scrapes waits for servers that hang.
 */
export function statusMetrics(registry: Registry, { status, lastSequence }: StatusSources): void {
  const projections = latest(status);
  const logEnd = latest(lastSequence);
  const gauge = (name: string, help: string, labelNames: string[], collect: Collect) => {
    registry.registerMetric(new Gauge({ name, help, labelNames, registers: [], collect }));
  };
  const ofBuilds = (valueOf: (build: BuildStatus) => number): Collect =>
    function () {
      this.reset();
      for (const { name: projection, builds } of projections() ?? []) {
        for (const build of builds) {
          const { number, state } = build;
          this.set({ projection, build: String(number), state }, valueOf(build));
        }
      }
    };
  const buildLabels = ['projection', 'build', 'state'];

  gauge(
    'jetbank_log_last_sequence',
    'Stream sequence of the last event in the log',
    [],
    function () {
      const sequence = logEnd();
      if (sequence !== undefined) this.set(sequence);
    },
  );
  gauge(
    'jetbank_projection_build_sequence',
    'Stream sequence up to which a build has every event: beside the log’s last, how far a rebuild is',
    buildLabels,
    ofBuilds(sequenceOf),
  );
  gauge(
    'jetbank_projection_parked_accounts',
    'Accounts with an event that cannot be applied, which wait for an operator',
    buildLabels,
    ofBuilds(({ parkedCount }) => parkedCount),
  );
  gauge(
    'jetbank_projection_paused',
    '1 while an operator has paused the projection, else 0',
    ['projection'],
    function () {
      this.reset();
      for (const { name: projection, paused } of projections() ?? []) {
        this.set({ projection }, paused ? 1 : 0);
      }
    },
  );
}

/** A group with nothing to do is as far as any: its checkpoint moves with its own events only. */
function sequenceOf({ groupStatus }: BuildStatus): number {
  const furthest = Math.max(...groupStatus.map(({ sequence }) => sequence));
  return Math.min(
    ...groupStatus.map(({ sequence, lagEvents }) => (lagEvents === 0 ? furthest : sequence)),
  );
}

type Collect = (this: Gauge) => void;

/** The answer to the question when it was asked last; asks it again, unless that is under way. */
function latest<T>(ask: () => Promise<T>): () => T | undefined {
  let known: T | undefined;
  let asking: Promise<void> | undefined;
  return () => {
    asking ??= ask()
      .then(
        (answer) => void (known = answer),
        // The failure itself is told by the metrics of the connections.
        () => undefined,
      )
      .finally(() => (asking = undefined));
    return known;
  };
}
