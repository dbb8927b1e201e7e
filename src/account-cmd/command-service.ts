import type { EventStore, SnapshotStore } from '../event-store/event-store.ts';
import type { HoldTimers } from '../event-store/hold-timers.ts';
import { workOnAccounts } from './account-worker.ts';
import { accountsOf } from './command.ts';
import type { CommandAnswer, CommandRequest, PendingCommand } from './command.ts';
import type { DecideOptions } from './decide-batch.ts';
import { timerSetter } from './hold-timer.ts';
import { createMailbox } from './mailbox.ts';
import type { MailboxLimits } from './mailbox.ts';
import type { CommandObserver } from './observer.ts';
import { silentObserver } from './observer.ts';
import { lacksEvents, needsEvents, withEvents } from './own-events.ts';
import { recordCache } from './record-cache.ts';
import { retryBudget } from './retry-budget.ts';
import type { RetryBudgetOptions } from './retry-budget.ts';
import { createSnapshotWriter } from './snapshot-writer.ts';
import { systemSources } from './sources.ts';
import type { Sources } from './sources.ts';
import type { WorkerContext } from './worker-context.ts';

export interface CommandService {
  /** Takes the command through the mailbox of its accounts to its answer. Never throws. */
  execute(request: CommandRequest): Promise<CommandAnswer>;
  /** Commands that wait in a mailbox. */
  readonly waiting: () => number;
  /** Commands without an answer: those that wait, and those being worked on. */
  readonly open: () => number;
  /** Resolves once every command is answered and every snapshot written. */
  drain(): Promise<void>;
}

export interface CommandServiceOptions {
  readonly events: EventStore;
  readonly snapshots: SnapshotStore;
  /** Without them, an expired hold is released only when its account is next touched. */
  readonly timers?: HoldTimers;
  readonly sources?: Sources;
  readonly observer?: CommandObserver;
  readonly limits?: Partial<CommandLimits>;
  /** Default true. */
  readonly rememberRejections?: DecideOptions['rememberRejections'];
  /** Whether money may come into a frozen account; default true. */
  readonly frozenTakesMoney?: boolean;
}

export interface CommandLimits extends MailboxLimits {
  /** Accounts whose state is kept in memory; fewer where they remember many keyed commands or have many holds. */
  readonly cachedAccounts: number;
  /** How long a command may take before it is given up, in milliseconds. */
  readonly deadlineMs: number;
  /** Retries of the whole process. */
  readonly retries: RetryBudgetOptions;
}

export const DEFAULT_LIMITS: CommandLimits = {
  batch: 200,
  accountsAtOnce: 400,
  queuedPerAccount: 5_000,
  openInAll: 20_000,
  cachedAccounts: 50_000,
  deadlineMs: 5_000,
  retries: { perSecond: 500, burst: 500 },
};

const monotonic = () => performance.now();

const SNAPSHOT_WRITES_AT_ONCE = 8;
const SNAPSHOTS_WAITING = 2_000;

export function createCommandService(options: CommandServiceOptions): CommandService {
  const { events, snapshots, sources = systemSources, observer = silentObserver } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const snapshotWriter = createSnapshotWriter(snapshots, {
    concurrency: SNAPSHOT_WRITES_AT_ONCE,
    waiting: SNAPSHOTS_WAITING,
    onWritten: () => observer.snapshotWritten(),
    onFailed: ({ account }, error) => observer.snapshotFailed(account.accountId, error),
    onSkipped: () => observer.snapshotSkipped(),
  });
  const context: WorkerContext = {
    events,
    snapshots,
    cache: recordCache(limits.cachedAccounts, () => observer.cacheEvicted()),
    snapshotWriter,
    decide: {
      sources,
      rememberRejections: options.rememberRejections ?? true,
      frozenTakesMoney: options.frozenTakesMoney ?? true,
    },
    observer,
    retries: retryBudget(limits.retries, monotonic),
    monotonic,
    random: Math.random,
  };
  const mailbox = createMailbox<PendingCommand>(limits, (batch) => workOnAccounts(context, batch));
  const timers = timerSetter(options.timers, sources.now, limits.openInAll);

  const whatIsFull = () =>
    mailbox.open() >= limits.openInAll
      ? `${mailbox.open()} commands are open already`
      : `${limits.queuedPerAccount} commands of an account wait already`;

  return {
    execute(request) {
      const begin = monotonic();
      const answered = Promise.withResolvers<CommandAnswer>();
      const observe = (answer: CommandAnswer) => {
        observer.answered(request, answer, monotonic() - begin);
        return answer;
      };
      const settle = (answer: CommandAnswer) => {
        answered.resolve(lacksEvents(request, answer) ? answer : observe(answer));
      };
      const pending = { request, deadline: begin + limits.deadlineMs, settle };
      const submit = (obstacle?: CommandAnswer) => {
        if (obstacle !== undefined) settle(obstacle);
        else if (!mailbox.submit(accountsOf(request), pending)) {
          settle({ kind: 'overloaded', detail: whatIsFull() });
        }
      };
      const timer = timers.before(request);
      if (timer === undefined) submit();
      else void timer.then(submit);
      // Who asks again at once must not come too late for the account's next batch: no turn is lost here.
      if (!needsEvents(request)) return answered.promise;
      return answered.promise.then((answer) => {
        timers.after(request, answer);
        if (!lacksEvents(request, answer)) return answer;
        return withEvents(events, request, answer).then(observe);
      });
    },
    waiting: mailbox.waiting,
    open: () => timers.open() + mailbox.open(),
    async drain() {
      await timers.idle();
      await mailbox.idle();
      await timers.idle();
      await snapshotWriter.idle();
    },
  };
}
