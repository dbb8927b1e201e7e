import type { RecordedEvent } from '../account/events.ts';
import { answerToFirst } from './decide-batch.ts';
import type { BatchPlan } from './decide-batch.ts';
import { stale } from './known-state.ts';
import type { KnownState } from './known-state.ts';
import type { OpenCommands } from './open-commands.ts';
import { unreadable } from './round.ts';
import type { Round } from './round.ts';
import type { WorkerContext } from './worker-context.ts';

/**
 * A command of the append stands in the log already, too far back for the state to remember it. Of
 * several commands the server does not say which one: they are halved until one is left, and for
 * that one it says where the first stands.
 */
export async function repeated(
  { events }: WorkerContext,
  known: KnownState,
  plan: BatchPlan,
  sequence: number | undefined,
  open: OpenCommands,
): Promise<Round> {
  if (plan.written.length > 1) {
    return { known: stale(known), limit: Math.ceil(plan.written.length / 2) };
  }
  const [command] = plan.written;
  let first: RecordedEvent | undefined;
  try {
    first = sequence === undefined ? undefined : await events.event(sequence);
  } catch (error) {
    return { known: stale(known), limit: 1, obstacle: unreadable(error) };
  }
  const { request } = command?.pending ?? {};
  const answer =
    known.record && request && first?.event.commandId === request.commandId
      ? answerToFirst(known.record, first, request)
      : undefined;
  if (command === undefined || first === undefined || answer === undefined) {
    return { known: stale(known), limit: 1, obstacle: { kind: 'conflict' } };
  }
  const replayed = !open.isOwn(first.event);
  open.answer(command.pending, 'replayed' in answer ? { ...answer, replayed } : answer);
  return { known: stale(known), limit: 1 };
}
