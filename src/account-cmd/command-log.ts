import type { Logger } from '../platform/logger.ts';
import { atMostEvery } from '../platform/throttle.ts';
import { traceIdIn } from '../platform/tracing.ts';
import type { CommandAnswer, CommandRequest } from './command.ts';
import type { CommandMetrics } from './metrics.ts';
import type { CommandObserver } from './observer.ts';

/** A fault that repeats is logged this often, in milliseconds; the counters have every one. */
const LOG_EVERY_MS = 5_000;

/** Answers that say nothing about the account: the same command may succeed in a moment. */
const IN_VAIN: ReadonlySet<CommandAnswer['kind']> = new Set([
  'conflict',
  'overloaded',
  'unavailable',
  'unknown',
]);

/** Counts what the command service tells, and logs it where somebody should know. */
export function loggedCommands(metrics: CommandMetrics, log: Logger): CommandObserver {
  const warn = () =>
    atMostEvery(LOG_EVERY_MS, (details: object, message: string) => log.warn(details, message));
  const [warnOfAppend, warnOfWrite, warnOfSnapshot] = [warn(), warn(), warn()];
  const warnOfUndecodable = warn();
  const warnOfAnswers = new Map<CommandAnswer['kind'], ReturnType<typeof warn>>();

  /** Each kind of trouble has its own turn: many of one must not hide the first of another. */
  function warnOfAnswer(kind: CommandAnswer['kind'], told: object): void {
    let warning = warnOfAnswers.get(kind);
    if (warning === undefined) warnOfAnswers.set(kind, (warning = warn()));
    warning(told, 'a command was in vain; metrics count how many are');
  }

  return {
    ...metrics,
    answered(request, answer, milliseconds) {
      metrics.answered(request, answer, milliseconds);
      const { kind } = answer;
      if (kind === 'failed') log.error(told(request, answer), 'a command failed; nothing was done');
      else if (IN_VAIN.has(kind)) warnOfAnswer(kind, told(request, answer));
      if (log.isLevelEnabled('debug')) log.debug(told(request, answer), 'command answered');
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
    logSetBack(accountId, reason) {
      log.error(
        { accountId, reason },
        'the log lacks events that it had acknowledged: what this process knew of the account is ' +
          'forgotten. Was a backup restored while it ran? Restart the services, and run "jetbank verify"',
      );
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

/** By what a line is found: the client knows the request's id, the log the command's. */
const told = (
  { requestId, accountId, command, commandId, traceparent }: CommandRequest,
  answer: CommandAnswer,
) => ({
  requestId,
  accountId,
  command: command.type,
  commandId,
  ...(traceparent !== undefined && { traceId: traceIdIn(traceparent) }),
  outcome: answer.kind,
  ...('detail' in answer && { detail: answer.detail }),
});
