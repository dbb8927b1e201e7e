import type { RecordedEvent } from '../account/events.ts';
import type { EventReader } from '../event-store/event-store.ts';
import { answerToRecorded } from './answer-again.ts';
import type { CommandRequest } from './command.ts';
import type { BatchPlan } from './decide-batch.ts';
import { unreadable } from './round.ts';
import type { Round, Work } from './round.ts';

/**
 * How far back a repeat is looked for, in milliseconds: twice the stream's duplicate window, beyond
 * which the server would not have known it.
 */
const LOOK_BACK_MS = 4 * 60_000;

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
    return { limit: Math.ceil(plan.written.length / 2) };
  }
  const { request } = command.pending;
  const record = known.record(request.accountId);
  let first: RecordedEvent | undefined;
  try {
    first =
      sequence === undefined
        ? await lastOf(context.events, request, context.decide.sources.now() - LOOK_BACK_MS)
        : await context.events.event(sequence);
  } catch (error) {
    return { limit: 1, obstacle: unreadable(error) };
  }
  if (record === undefined || first === undefined || !isOf(first, request)) {
    return { limit: 1, obstacle: { kind: 'conflict' } };
  }
  const answer = answerToRecorded(record, first, request);
  const replayed = !open.isOwn(first.event);
  open.answer(command.pending, 'replayed' in answer ? { ...answer, replayed } : answer);
  return { limit: 1 };
}

/** The command's last event on its own account, of those stored since a time. */
async function lastOf(
  events: EventReader,
  request: CommandRequest,
  since: number,
): Promise<RecordedEvent | undefined> {
  let found: RecordedEvent | undefined;
  for await (const recorded of events.since(request.accountId, since)) {
    if (isOf(recorded, request)) found = recorded;
    else if (found !== undefined) break;
  }
  return found;
}

/** A client may choose as its key what is the id of a command without one: those are two commands. */
const isOf = ({ event }: RecordedEvent, { commandId, commandHash }: CommandRequest): boolean =>
  event.commandId === commandId && (event.commandHash === null) === (commandHash === null);
