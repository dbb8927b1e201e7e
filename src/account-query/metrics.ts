import { Counter, Gauge, Histogram } from '../platform/metrics.ts';
import type { Registry } from '../platform/metrics.ts';
import type { Logger } from '../platform/logger.ts';
import type { ProjectorObserver } from '../projections/projector-observer.ts';

const BATCH_BUCKETS = [1, 5, 10, 50, 100, 500, 1000];

/** Turns what the projector tells into metrics, and into logs where somebody should know. */
export function observeProjector(
  registry: Registry,
  log: Logger,
  projection: string,
): ProjectorObserver {
  const registers = [registry];
  const labelNames = ['projection'];
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
  const failures = new Counter({
    name: 'jetbank_projection_failures_total',
    help: 'Times the projection broke off and began again from its checkpoint',
    labelNames,
    registers,
  });

  return {
    started(checkpoint) {
      sequence.labels(projection).set(checkpoint);
      log.info({ projection, checkpoint }, 'projecting from this stream sequence on');
    },
    healing(from, to) {
      log.warn(
        { projection, from, to },
        'MongoDB lacks these events: reading them from the stream',
      );
    },
    wrote(batch) {
      events.labels(projection).inc(batch.events);
      repeated.labels(projection).inc(batch.repeated);
      batches.labels(projection).observe(batch.events);
      sequence.labels(projection).set(batch.sequence);
      lag.labels(projection).set(batch.pending);
    },
    failed(error, waitMs) {
      failures.labels(projection).inc();
      log.warn({ projection, error, waitMs }, 'projection broke off: it begins again');
    },
  };
}
