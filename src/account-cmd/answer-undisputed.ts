import { accountsOf } from './command.ts';
import type { CommandAnswer } from './command.ts';
import type { BatchPlan } from './decide-batch.ts';
import type { Obstacle } from './open-commands.ts';
import type { Work } from './round.ts';

/** Answers that rest on states of accounts, and when those states are known well enough. */

/**
 * The accounts on whose states refusals of the plan rest, remembered ones too, and which its own append
 * does not compare with the log.
 */
export function uncompared({ events, written, answered }: BatchPlan): string[] {
  const refused = [
    ...written.filter(({ refusal }) => refusal !== undefined),
    ...answered.filter(({ answer }) => !isFinal(answer)),
  ];
  if (refused.length === 0) return [];
  const compared = new Set(events.map(({ event }) => event.accountId));
  return refused
    .flatMap(({ pending }) => accountsOf(pending.request))
    .filter((accountId) => !compared.has(accountId));
}

/**
 * Answers what needed no event, on the newest states. A command that a lost append may still bring
 * into the log must not be refused: it is held back, and the obstacle is answered.
 */
export function answerUndisputed({ known, open }: Work, plan: BatchPlan): Obstacle | undefined {
  let obstacle: Obstacle | undefined;
  for (const { pending, answer } of plan.answered) {
    const held =
      !isFinal(answer) && open.mayStillLand(pending, (accountId) => known.sequenceOf(accountId));
    if (held) obstacle = { kind: 'unavailable', detail: 'an append is still on its way' };
    else open.answer(pending, answer);
  }
  return obstacle;
}

/** Whether the answer stands whatever else the log holds: what a key once did never changes. */
const isFinal = (answer: CommandAnswer): boolean =>
  answer.kind === 'key_reused' || ('replayed' in answer && answer.replayed);
