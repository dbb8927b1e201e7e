import { Counter, Histogram } from '../platform/metrics.ts';
import type { Registry } from '../platform/metrics.ts';
import type { Logger } from '../platform/logger.ts';
import { mongoReason } from '../platform/mongo.ts';
import type { Build, Group } from '../projections/build.ts';
import type { ProjectorObserver } from '../projections/projector-observer.ts';
import { lagMetrics } from './lag-metrics.ts';

const BATCH_BUCKETS = [1, 5, 10, 50, 100, 500, 1000];

export interface ProjectorMetrics {
  readonly observer: (group: Group) => ProjectorObserver;
  /** Queries are answered from this build: how far another one is, is of no interest any more. */
  readonly serving: (build: Build) => void;
}

/** Turns what the projector tells into metrics, and into logs where somebody should know. */
export function observeProjectors(registry: Registry, log: Logger): ProjectorMetrics {
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

  const lag = lagMetrics(registry);

  function observer({ id, build }: Group): ProjectorObserver {
    const { projection } = build;
    const labels = [projection, id] as const;
    const told = { projection, group: id };
    const progress = lag.of({ id, build });
    for (const counter of [events, repeated, parked, failures]) counter.labels(...labels).inc(0);
    return {
      started(checkpoint) {
        progress.started(checkpoint);
        log.info(
          { ...told, checkpoint: checkpoint.sequence },
          'projecting from this stream sequence on',
        );
      },
      healing(from, to) {
        log.warn({ ...told, from, to }, 'MongoDB lacks these events: reading them from the stream');
      },
      wrote(batch) {
        events.labels(...labels).inc(batch.events);
        repeated.labels(...labels).inc(batch.repeated);
        batches.labels(...labels).observe(batch.events);
        progress.wrote(batch);
      },
      pending: progress.pending,
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
  }

  return { observer, serving: lag.serving };
}
