import type { Logger } from '../platform/logger.ts';
import { atMostEvery } from '../platform/throttle.ts';
import type { CommandMetrics } from './metrics.ts';
import type { CommandObserver } from './observer.ts';

/** A fault that repeats is logged this often, in milliseconds; the counters have every one. */
const LOG_EVERY_MS = 5_000;

/** Counts what the command service tells, and logs it where somebody should know. */
export function loggedCommands(metrics: CommandMetrics, log: Logger): CommandObserver {
  const warn = () =>
    atMostEvery(LOG_EVERY_MS, (details: object, message: string) => log.warn(details, message));
  const [warnOfAppend, warnOfWrite, warnOfSnapshot] = [warn(), warn(), warn()];
  const warnOfUndecodable = warn();

  return {
    ...metrics,
    answered(request, answer, milliseconds) {
      metrics.answered(request, answer, milliseconds);
      const { accountId, command, commandId } = request;
      const told = { accountId, command: command.type, commandId, outcome: answer.kind };
      log.debug(told, 'command answered');
    },
    appending(size) {
      const appended = metrics.appending(size);
      return (outcome) => {
        appended(outcome);
        if ('reason' in outcome) warnOfAppend({ outcome }, 'an append did not get through');
      };
    },
    snapshotFailed(accountId, error) {
      metrics.snapshotFailed(accountId, error);
      warnOfWrite({ accountId, error }, 'snapshot not written; the log has everything');
    },
    snapshotIgnored(accountId, reason) {
      metrics.snapshotIgnored(accountId, reason);
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
