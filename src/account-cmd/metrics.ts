import type { AppendOutcome } from '../event-store/event-store.ts';
import { Counter, DURATION_BUCKETS, Gauge, Histogram } from '../platform/metrics.ts';
import type { Registry } from '../platform/metrics.ts';
import type { CommandObserver, RetryCause } from './observer.ts';

/** Sizes of appends: one event up to the largest batch. */
const BATCH_BUCKETS = [1, 2, 5, 10, 20, 50, 100, 200, 500];

const APPEND_OUTCOMES: readonly AppendOutcome['kind'][] = [
  'stored',
  'conflict',
  'duplicate',
  'busy',
  'unavailable',
  'unknown',
];
const RETRY_CAUSES: readonly RetryCause[] = ['conflict', 'unavailable'];
const SNAPSHOT_RESULTS = ['written', 'failed', 'skipped', 'ignored'] as const;

/** The service's state at a moment, read when Prometheus asks. */
export interface CommandCounts {
  readonly waiting: () => number;
  readonly open: () => number;
}

/** The observations that become metrics: all but those that only the log is told. */
export type CommandMetrics = Omit<CommandObserver, 'logSetBack' | 'undecodable' | 'failed'>;

/**
 * The command service's metrics. Every label takes one of a few values that stand in the code; those
 * that tell of faults begin at 0, so that the first fault is an increase.
 */
export function commandMetrics(registry: Registry, count: CommandCounts): CommandMetrics {
  const registers = [registry];
  const commands = new Histogram({
    name: 'jetbank_command_duration_seconds',
    help: 'Time from taking a command to its answer',
    labelNames: ['command', 'outcome'],
    buckets: DURATION_BUCKETS,
    registers,
  });
  const repeats = new Counter({
    name: 'jetbank_command_repeats_total',
    help: 'Commands that were in the log already, and were answered as the first time',
    labelNames: ['command'],
    registers,
  });
  const retries = new Counter({
    name: 'jetbank_command_retries_total',
    help: 'Times that commands which could not be appended for now were read and decided again',
    labelNames: ['cause'],
    registers,
  });
  const snapshots = new Counter({
    name: 'jetbank_snapshots_total',
    help: 'Snapshots written, failed to write, skipped as too many waited, or unusable and ignored',
    labelNames: ['result'],
    registers,
  });
  for (const cause of RETRY_CAUSES) retries.inc({ cause }, 0);
  for (const result of SNAPSHOT_RESULTS) snapshots.inc({ result }, 0);
  gauges(registry, count);

  return {
    ...cacheMetrics(registry),
    appending: appendMetrics(registry),
    answered({ command }, answer, milliseconds) {
      commands.labels(command.type, answer.kind).observe(milliseconds / 1000);
      if ('replayed' in answer && answer.replayed) repeats.inc({ command: command.type });
    },
    retried: (cause) => retries.inc({ cause }),
    snapshotWritten: () => snapshots.inc({ result: 'written' }),
    snapshotFailed: () => snapshots.inc({ result: 'failed' }),
    snapshotSkipped: () => snapshots.inc({ result: 'skipped' }),
    snapshotIgnored: () => snapshots.inc({ result: 'ignored' }),
  };
}

function gauges(registry: Registry, count: CommandCounts): void {
  const registers = [registry];
  new Gauge({
    name: 'jetbank_mailbox_waiting_commands',
    help: 'Commands that wait for their accounts',
    registers,
    collect() {
      this.set(count.waiting());
    },
  });
  new Gauge({
    name: 'jetbank_open_commands',
    help: 'Commands without an answer: those that wait, and those being worked on',
    registers,
    collect() {
      this.set(count.open());
    },
  });
}

function cacheMetrics(registry: Registry): Pick<CommandMetrics, 'cacheLookedUp' | 'cacheEvicted'> {
  const registers = [registry];
  const lookups = new Counter({
    name: 'jetbank_cache_lookups_total',
    help: 'Look-ups of an account in the in-process cache',
    labelNames: ['result'],
    registers,
  });
  const evictions = new Counter({
    name: 'jetbank_cache_evictions_total',
    help: 'Accounts dropped from the in-process cache to make room for others',
    registers,
  });
  const [hits, misses] = [lookups.labels('hit'), lookups.labels('miss')];
  return {
    cacheLookedUp: (hit) => (hit ? hits : misses).inc(),
    cacheEvicted: () => evictions.inc(),
  };
}

function appendMetrics(registry: Registry): CommandMetrics['appending'] {
  const registers = [registry];
  const appends = new Counter({
    name: 'jetbank_appends_total',
    help: 'Appends to the log by outcome; all but stored are tried again or given up',
    labelNames: ['outcome'],
    registers,
  });
  const duration = new Histogram({
    name: 'jetbank_append_duration_seconds',
    help: 'Time from an append to its outcome, whatever that is',
    buckets: DURATION_BUCKETS,
    registers,
  });
  const inFlight = new Gauge({
    name: 'jetbank_appends_in_flight',
    help: 'Appends without an outcome yet',
    registers,
  });
  const sizes = (what: string, name: string) =>
    new Histogram({ name, help: `${what} in one append`, buckets: BATCH_BUCKETS, registers });
  const eventsInOne = sizes('Events', 'jetbank_append_events');
  const commandsInOne = sizes('Commands', 'jetbank_append_commands');
  for (const outcome of APPEND_OUTCOMES) appends.inc({ outcome }, 0);

  return ({ events, commands }) => {
    const begin = performance.now();
    inFlight.inc();
    return ({ kind }) => {
      inFlight.dec();
      duration.observe((performance.now() - begin) / 1000);
      appends.labels(kind).inc();
      if (kind !== 'stored') return;
      eventsInOne.observe(events);
      commandsInOne.observe(commands);
    };
  };
}
