import type { RecordedEvent } from '../account/events.ts';
import { answerToRecorded } from './answer-again.ts';
import type { CommandRequest, PendingCommand } from './command.ts';
import type { BatchPlan } from './decide-batch.ts';
import { unreadable } from './round.ts';
import type { Round, Work } from './round.ts';
import type { WorkerContext } from './worker-context.ts';

/** So many events are searched between two looks at the clock. */
const SEARCHED_AT_ONCE = 1_000;

/**
 * A command of the append stands in the log already, too far back for the state to remember it. Of
 * several commands the server does not say which one: they are halved until one is left. For one of
 * a single event it says where the first stands; one of several is looked for.
 */
export async function repeated(
  { context, known, open }: Work,
  plan: BatchPlan,
  sequence: number | undefined,
): Promise<Round> {
  known.outdated(plan.events.map(({ event }) => event.accountId));
  const [command] = plan.written;
  if (command === undefined || plan.written.length > 1) {
    // Never 0: with nothing to decide, the worker would go round without an end.
    return { limit: Math.max(1, Math.ceil(plan.written.length / 2)) };
  }
  const { request } = command.pending;
  const record = known.record(request.accountId);
  let first: RecordedEvent | undefined;
  try {
    first =
      sequence === undefined
        ? await lastOf(context, command.pending)
        : await context.events.event(sequence);
  } catch (error) {
    // The log says that it has the command: nobody is to be told that nothing was done.
    open.mayBeInLog(command.pending);
    return { limit: 1, obstacle: unreadable(error) };
  }
  if (first !== undefined && !isOf(first, request)) {
    return { limit: 1, obstacle: { kind: 'conflict' } };
  }
  if (first === undefined || record === undefined) {
    // It is still on its way, another process's perhaps, or was missed: the next round looks again.
    open.mayBeInLog(command.pending);
    const detail = 'the log has this command, or is about to';
    return { limit: 1, obstacle: { kind: 'unavailable', detail } };
  }
  const answer = answerToRecorded(record, first, request);
  const replayed = !open.isOwn(first.event);
  open.answer(command.pending, 'replayed' in answer ? { ...answer, replayed } : answer);
  return { limit: 1 };
}

/** The command's last event on its own account. @throws Error once its time is up. */
async function lastOf(
  { events, monotonic }: WorkerContext,
  { request, deadline }: PendingCommand,
): Promise<RecordedEvent | undefined> {
  let found: RecordedEvent | undefined;
  let searched = 0;
  for await (const recorded of events.recent(request.accountId)) {
    // Behind it stands another command, or an older stretch, which may begin with its first events.
    if (found && (recorded.sequence < found.sequence || !isOf(recorded, request))) break;
    if (isOf(recorded, request)) found = recorded;
    searched += 1;
    if (searched % SEARCHED_AT_ONCE === 0 && monotonic() >= deadline) {
      throw new Error(`the command is not among the account's last ${searched} events`);
    }
  }
  return found;
}

/** A client may choose as its key what is the id of a command without one: those are two commands. */
const isOf = ({ event }: RecordedEvent, { commandId, commandHash }: CommandRequest): boolean =>
  event.commandId === commandId && (event.commandHash === null) === (commandHash === null);
