import { MAX_LEGS } from '../account/commands.ts';
import type { RecordedEvent } from '../account/events.ts';
import type { EventReader } from '../event-store/event-store.ts';
import { messageOf } from '../platform/message-of.ts';
import type { CommandAnswer, CommandRequest } from './command.ts';

/** Commands that are answered with what their events say, not only with how the account stands. */
const SAYS_MORE: ReadonlySet<CommandRequest['command']['type']> = new Set([
  'Transfer',
  'PlaceHold',
  'CaptureHold',
  'ReleaseHold',
]);

export const needsEvents = ({ command }: CommandRequest): boolean => SAYS_MORE.has(command.type);

/** A transfer's events stand together; both sides of every leg, at most. */
const MOST_EVENTS = 2 * MAX_LEGS;

type Done = Extract<CommandAnswer, { readonly kind: 'done' }>;

/** Whether the answer is a repeat's, out of the account's memory, which has no events. */
export const lacksEvents = (request: CommandRequest, answer: CommandAnswer): answer is Done =>
  answer.kind === 'done' && answer.events === undefined && needsEvents(request);

/** The answer with the command's events, read from the log: without them the client cannot be told. */
export async function withEvents(
  events: EventReader,
  request: CommandRequest,
  answer: Done,
): Promise<CommandAnswer> {
  try {
    const own = await eventsOf(events, request, answer.sequence);
    const last = own.at(-1);
    if (last !== undefined) return { ...answer, events: own, sequence: last.sequence };
    return { kind: 'unknown', detail: `the log has no event ${answer.sequence} for now` };
  } catch (error) {
    return { kind: 'unknown', detail: `the log cannot be read: ${messageOf(error)}` };
  }
}

/** `sequence` is where the command's last event on its own account stands. */
async function eventsOf(
  events: EventReader,
  { command }: CommandRequest,
  sequence: number,
): Promise<RecordedEvent[]> {
  if (command.type !== 'Transfer') {
    const found = await events.event(sequence);
    return found === undefined ? [] : [found];
  }
  const own: RecordedEvent[] = [];
  const first = Math.max(0, sequence - MOST_EVENTS);
  for await (const entry of events.entries(first, sequence + MOST_EVENTS)) {
    if (!('event' in entry) || !('transferId' in entry.event)) continue;
    const { sequence: at, event } = entry;
    if (event.transferId === command.transferId) own.push({ sequence: at, event });
  }
  return own;
}
