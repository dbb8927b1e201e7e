import { Counter, Gauge, Histogram } from '../platform/metrics.ts';
import type { Registry } from '../platform/metrics.ts';
import type { Logger } from '../platform/logger.ts';
import { mongoReason } from '../platform/mongo.ts';
import type { Group } from '../projections/build.ts';
import type { ProjectorObserver } from '../projections/projector-observer.ts';

const BATCH_BUCKETS = [1, 5, 10, 50, 100, 500, 1000];

/** Turns what the projector tells into metrics, and into logs where somebody should know. */
export function observeProjectors(
  registry: Registry,
  log: Logger,
): (group: Group) => ProjectorObserver {
  const registers = [registry];
  const labelNames = ['projection', 'group'];
  const events = new Counter({
    name: 'jetbank_projected_events_total',
    help: 'Events taken from the log into the read models',
    labelNames,
    registers,
  });
  const repeated = new Counter({
    name: 'jetbank_projected_repeats_total',
    help: 'Events delivered again that were in the read models already',
    labelNames,
    registers,
  });
  const batches = new Histogram({
    name: 'jetbank_projection_batch_events',
    help: 'Events written to MongoDB at once',
    labelNames,
    buckets: BATCH_BUCKETS,
    registers,
  });
  const sequence = new Gauge({
    name: 'jetbank_projection_sequence',
    help: 'Stream sequence up to which the read models have every event',
    labelNames,
    registers,
  });
  const lag = new Gauge({
    name: 'jetbank_projection_lag_events',
    help: 'Events of the log that the read models do not have yet',
    labelNames,
    registers,
  });
  const lags = new Map<string, Lag>();
  const lagSeconds = new Gauge({
    name: 'jetbank_projection_lag_seconds',
    help: 'Age of the last event in the read models while there are newer ones, else 0',
    labelNames,
    registers: [],
    collect() {
      for (const [id, { projection, pending, lastAt }] of lags) {
        const behind = pending > 0 && lastAt !== undefined;
        const seconds = behind ? Math.max(0, Date.now() - lastAt) / 1000 : 0;
        this.labels(projection, id).set(seconds);
      }
    },
  });
  registry.registerMetric(lagSeconds);
  const parked = new Counter({
    name: 'jetbank_projection_parked_total',
    help: 'Accounts whose next event could not be applied, and that wait since',
    labelNames,
    registers,
  });
  const failures = new Counter({
    name: 'jetbank_projection_failures_total',
    help: 'Times the projection broke off and began again from its checkpoint',
    labelNames,
    registers,
  });

  return ({ id, build }) => {
    const { projection } = build;
    const labels = [projection, id] as const;
    const told = { projection, group: id };
    function setLag(pending: number, lastAt = lags.get(id)?.lastAt): void {
      lags.set(id, { projection, pending, lastAt });
      lag.labels(...labels).set(pending);
    }
    return {
      started(checkpoint) {
        sequence.labels(...labels).set(checkpoint);
        log.info({ ...told, checkpoint }, 'projecting from this stream sequence on');
      },
      healing(from, to) {
        log.warn({ ...told, from, to }, 'MongoDB lacks these events: reading them from the stream');
      },
      wrote(batch) {
        events.labels(...labels).inc(batch.events);
        repeated.labels(...labels).inc(batch.repeated);
        batches.labels(...labels).observe(batch.events);
        sequence.labels(...labels).set(batch.checkpoint.sequence);
        setLag(batch.pending, batch.checkpoint.at?.getTime());
      },
      pending: setLag,
      parked(accounts) {
        parked.labels(...labels).inc(accounts.length);
        for (const account of accounts) {
          log.error(
            { ...told, ...account },
            'account parked: its event cannot be applied; the others go on. Mend the cause, then ' +
              `"jetbank projections retry-parked ${account.accountId}"`,
          );
        }
      },
      failed(error, waitMs) {
        failures.labels(...labels).inc();
        const reason = mongoReason(error);
        log.warn({ ...told, reason, error, waitMs }, 'projection broke off: it begins again');
      },
    };
  };
}

interface Lag {
  readonly projection: string;
  /** Events. */
  readonly pending: number;
  /** When the last event applied happened, in milliseconds since 1970. */
  readonly lastAt: number | undefined;
}
