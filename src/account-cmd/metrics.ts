import { Counter, DURATION_BUCKETS, Gauge, Histogram } from '../platform/metrics.ts';
import type { Registry } from '../platform/metrics.ts';
import { atMostEvery } from '../platform/throttle.ts';
import type { Logger } from '../platform/logger.ts';
import type { CommandObserver } from './observer.ts';

/** Sizes of appends: one event up to the largest batch. */
const BATCH_BUCKETS = [1, 2, 5, 10, 20, 50, 100, 200];

/** A fault that repeats is logged this often, in milliseconds; the counters have every one. */
const LOG_EVERY_MS = 5_000;

/** Turns what the command service tells into metrics, and into logs where somebody should know. */
export function observeCommands(
  registry: Registry,
  log: Logger,
  count: { readonly waiting: () => number; readonly open: () => number },
): CommandObserver {
  const registers = [registry];
  const commands = new Histogram({
    name: 'jetbank_command_duration_seconds',
    help: 'Time from taking a command to its answer',
    labelNames: ['command', 'outcome'],
    buckets: DURATION_BUCKETS,
    registers,
  });
  const appends = new Counter({
    name: 'jetbank_appends_total',
    help: 'Appends to the log by outcome; all but stored are tried again or given up',
    labelNames: ['outcome'],
    registers,
  });
  const batch = new Histogram({
    name: 'jetbank_append_events',
    help: 'Events in one append',
    buckets: BATCH_BUCKETS,
    registers,
  });
  const cache = new Counter({
    name: 'jetbank_cache_lookups_total',
    help: 'Look-ups of an account in the in-process cache',
    labelNames: ['result'],
    registers,
  });
  const snapshots = new Counter({
    name: 'jetbank_snapshots_total',
    help: 'Snapshots written, failed to write, or found unusable and ignored',
    labelNames: ['result'],
    registers,
  });
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

  const warn = () =>
    atMostEvery(LOG_EVERY_MS, (details: object, message: string) => log.warn(details, message));
  const [warnOfAppend, warnOfWrite, warnOfSnapshot] = [warn(), warn(), warn()];
  const warnOfUndecodable = warn();

  return {
    answered({ accountId, command, commandId }, { kind }, milliseconds) {
      commands.labels(command.type, kind).observe(milliseconds / 1000);
      log.debug({ accountId, command: command.type, commandId, outcome: kind }, 'command answered');
    },
    appended(outcome, events) {
      appends.labels(outcome.kind).inc();
      if (outcome.kind === 'stored') batch.observe(events);
      else if ('reason' in outcome) warnOfAppend({ outcome }, 'an append did not get through');
    },
    cacheLookedUp: (hit) => cache.labels(hit ? 'hit' : 'miss').inc(),
    snapshotWritten: () => snapshots.labels('written').inc(),
    snapshotFailed(accountId, error) {
      snapshots.labels('failed').inc();
      warnOfWrite({ accountId, error }, 'snapshot not written; the log has everything');
    },
    snapshotIgnored(accountId, reason) {
      snapshots.labels('ignored').inc();
      warnOfSnapshot({ accountId, reason }, 'snapshot ignored; the account is read from the log');
    },
    undecodable(accountId, error) {
      warnOfUndecodable(
        { accountId, error },
        'an event cannot be decoded: commands on its account are refused; is this an older release?',
      );
    },
    failed(accountId, error) {
      log.error({ accountId, error }, 'commands of an account failed; look at its events');
    },
  };
}
