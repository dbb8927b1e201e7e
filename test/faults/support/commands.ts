import { setTimeout as sleep } from 'node:timers/promises';
import type { BankService } from '../../support/bank.ts';
import { keyed, send } from '../../support/http.ts';
import type { Answer } from '../../support/http.ts';
import type { SeededRandom } from '../../support/random.ts';

/** What a client wants done, once, however often it has to ask. */
export interface Command {
  readonly key: string;
  readonly path: string;
  readonly body: object;
}

/** The outcome that a client was finally told of its command, and how it came by it. */
export interface Told<Asked extends Command = Movement> {
  readonly command: Asked;
  readonly answer: Answer;
  /** One line for each request: when, to which service, what came back. */
  readonly story: readonly string[];
  /** Whether every request before the last was answered with "nothing was done". */
  readonly nothingDone: boolean;
  /** Monotonic clock, milliseconds. */
  readonly at: number;
}

/** Where a run is sent to; a scenario replaces those that it kills. */
export type Services = readonly BankService[];

/** A client asks again for so long, in milliseconds. */
const PATIENCE_MS = 40_000;
const LONGEST_PAUSE_MS = 25;
const OUTCOME_UNKNOWN = 504;
const RETRYABLE: ReadonlySet<string> = new Set([
  'concurrent_update',
  'overloaded',
  'unavailable',
  'outcome_unknown',
]);
const FINAL: ReadonlySet<string> = new Set([
  'insufficient_funds',
  'too_many_holds',
  'hold_not_found',
  // A hold may be asked for so often that its time is up before it stands.
  'invalid_request',
  'idempotency_key_reused',
]);

/** Sends the command once; the header is its key. */
export const sendOnce = (
  service: BankService,
  { key, path, body }: Command,
  signal: AbortSignal,
): Promise<Answer> =>
  send(`${service.url}${path}`, { method: 'POST', body, headers: keyed(key), signal });

/** Whether the contract says to send the same once more. */
export const isRetryable = (answer: Answer): boolean =>
  answer.status >= 400 && RETRYABLE.has(answer.problem.code);

/**
 * Asks services at random until one tells the outcome, waiting at most `answerMs` for each answer.
 * @throws Error with the story when none does, or when an answer is none that the run may get.
 */
export async function untilTold<Asked extends Command>(
  services: Services,
  command: Asked,
  random: SeededRandom,
  answerMs: number,
): Promise<Told<Asked>> {
  const story: string[] = [];
  let nothingDone = true;
  const begin = performance.now();
  for (;;) {
    const index = random.below(services.length);
    const signal = AbortSignal.timeout(answerMs);
    const sentAt = Math.round(performance.now());
    const answer = await sendOnce(services[index]!, command, signal).catch((error: unknown) => {
      // A service that was killed, or stands still, does not answer at all.
      story.push(`${sentAt} ms, service ${index}: ${String(error)}`);
    });
    const at = performance.now();
    if (answer !== undefined) {
      story.push(`${sentAt} ms, service ${index}: ${answer.status} ${answer.text}`);
      if (isTold(answer)) return { command, answer, story, nothingDone, at };
    }
    nothingDone &&= answer !== undefined && answer.status !== OUTCOME_UNKNOWN;
    const never = answer !== undefined && !isRetryable(answer);
    if (never || at - begin > PATIENCE_MS) {
      const why = never ? 'an answer that no client should get' : 'no outcome';
      throw new Error(`${why}: ${JSON.stringify(command)}\n${story.slice(-40).join('\n')}`);
    }
    await sleep(random.below(LONGEST_PAUSE_MS));
  }
}

const isTold = (answer: Answer): boolean => answer.status < 300 || FINAL.has(answer.problem.code);

/** What of an answer is the same each time it is given. */
export function essence(answer: Answer): string {
  if (answer.status < 300) return `${answer.status} ${answer.text}`;
  const { status, code, detail } = answer.problem;
  return `${status} ${code}: ${detail}`;
}

/** Money in or out of one account, or its opening. */
export interface Movement extends Command {
  readonly verb: 'create' | 'deposit' | 'withdraw';
  /** Undefined for a creation. */
  readonly accountId: string | undefined;
  /** Whole units of USD. */
  readonly amount: number;
}

export function movementOf(asked: Omit<Movement, 'path' | 'body'>): Movement {
  const { verb, accountId = '', amount } = asked;
  const money = `${amount}.00`;
  return verb === 'create'
    ? { ...asked, path: '/accounts', body: { ownerName: 'Ada Lovelace', initialBalance: money } }
    : { ...asked, path: `/accounts/${accountId}/${verb}`, body: { amount: money } };
}

/** The same key over another body. */
export const withOtherBody = (movement: Movement): Movement =>
  movementOf({ ...movement, amount: movement.amount + 1 });
