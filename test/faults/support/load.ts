import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { eventually } from '../../support/await.ts';
import type { SeededRandom } from '../../support/random.ts';
import { essence, movementOf, sendOnce, untilTold, withOtherBody } from './commands.ts';
import type { Command, Movement, Services, Told } from './commands.ts';

/** How much a run asks of the bank. */
export interface LoadSize {
  readonly clients: number;
  /** Accounts that all clients work on; each client opens some of its own besides. */
  readonly accounts: number;
  /** How often the scenario strikes; the clients work on until then. */
  readonly faults: number;
  /** How long a client waits for one answer, in milliseconds. */
  readonly answerMs?: number;
  /** One in so many commands opens an account. */
  readonly creations?: number;
  /** How long a server is away, in milliseconds, where the scenario has that. */
  readonly awayMs?: number;
  /** How much is done in all, where a scenario counts that. */
  readonly errands?: number;
}

/** Clients at work. */
export interface Load {
  /** What the clients have been told so far, oldest first. */
  readonly told: readonly Told[];
  /** One more client's command, sent to some of the services only; told with all others. */
  ask(command: Movement, draws: SeededRandom, among?: Services): Promise<Told>;
  /** Resolves once the clients have been told so many more. */
  progress(count: number): Promise<void>;
  /** Lets the clients finish what they are at; fails as `failed` does. */
  finish(): Promise<void>;
  /** Rejects when a client met an answer that breaks the contract; resolves only after `finish`. */
  readonly ended: Promise<void>;
}

/** What a client does about a command, besides asking until it is told. */
const HABITS = ['once', 'once', 'once', 'at both', 'impatient', 'again', 'other body'] as const;
const ANSWER_MS = 1_000;
const OPENING = 20;
const HIGHEST_AMOUNT = 9;
const LONGEST_THOUGHT_MS = 20;
const LONGEST_IMPATIENCE_MS = 30;
const CREATIONS = 30;
const PROGRESS_MS = 60_000;

/** Opens the accounts, then lets the clients work until `finish`. */
export async function startLoad(
  services: Services,
  random: SeededRandom,
  size: LoadSize,
): Promise<Load> {
  const { answerMs = ANSWER_MS, creations = CREATIONS } = size;
  const told: Told[] = [];
  let working = true;

  async function ask(command: Movement, draws: SeededRandom, among = services): Promise<Told> {
    const outcome = await untilTold(among, command, draws, answerMs);
    told.push(outcome);
    return outcome;
  }

  /** A command that nobody else has sent: "nothing was done" must have been true. */
  async function askFirst(command: Movement, draws: SeededRandom): Promise<Told> {
    const outcome = await ask(command, draws);
    const { answer, nothingDone, story } = outcome;
    const replayed = answer.headers.get('idempotent-replayed') === 'true';
    expect(replayed && nothingDone, `${command.key} was done before\n${story.join('\n')}`).toBe(
      false,
    );
    return outcome;
  }

  /** The same command once more has the same answer (I7). */
  async function askAlike(command: Movement, draws: SeededRandom): Promise<Told> {
    const [one, other] = await Promise.all([
      ask(command, draws),
      untilTold(services, command, draws.fork(), answerMs),
    ]);
    const stories = [...one.story, '--', ...other.story].join('\n');
    expect(essence(other.answer), `key ${command.key}\n${stories}`).toBe(essence(one.answer));
    return one;
  }

  async function perform(command: Movement, draws: SeededRandom): Promise<Told> {
    switch (draws.pick(HABITS)) {
      case 'once':
        return askFirst(command, draws);
      case 'at both':
        return askAlike(command, draws);
      case 'impatient': {
        const signal = AbortSignal.timeout(1 + draws.below(LONGEST_IMPATIENCE_MS));
        await sendOnce(draws.pick(services), command, signal).catch(() => undefined);
        return ask(command, draws);
      }
      case 'again': {
        const first = await askFirst(command, draws);
        await expectRepeat(services, first, draws, answerMs);
        return first;
      }
      case 'other body': {
        const first = await askFirst(command, draws);
        await expectKeyRefused(services, command, draws, answerMs);
        return first;
      }
    }
  }

  async function work(draws: SeededRandom, known: readonly string[]): Promise<void> {
    const accountIds = [...known];
    while (working) {
      const opens = draws.below(creations) === 0;
      const outcome = await perform(opens ? creation(draws) : movement(draws, accountIds), draws);
      if (opens) accountIds.push(outcome.answer.account.accountId);
      await sleep(draws.below(LONGEST_THOUGHT_MS));
    }
  }

  const opened = Array.from({ length: size.accounts }, () => ask(creation(random), random.fork()));
  const shared = (await Promise.all(opened)).map(({ answer }) => answer.account.accountId);
  const clients = Array.from({ length: size.clients }, () => work(random.fork(), shared));
  const ended = Promise.all(clients).then(() => undefined);
  ended.catch(() => (working = false));
  return {
    told,
    ask,
    ended,
    async progress(count) {
      const enough = told.length + count;
      const what = `${count} more commands told`;
      await eventually(() => told.length >= enough, { timeoutMs: PROGRESS_MS, what });
    },
    finish() {
      working = false;
      return ended;
    },
  };
}

export const creation = (draws: SeededRandom): Movement =>
  movementOf({ key: draws.uuid(), verb: 'create', accountId: undefined, amount: OPENING });

export const movement = (draws: SeededRandom, accountIds: readonly string[]): Movement =>
  movementOf({
    key: draws.uuid(),
    verb: draws.pick(['deposit', 'withdraw']),
    // The newest now and then: a service may not have heard of it yet.
    accountId: draws.pick([draws.pick(accountIds), accountIds.at(-1)]),
    amount: 1 + draws.below(HIGHEST_AMOUNT),
  });

/** The command again, at any service, is answered as the first time. */
export async function expectRepeat(
  services: Services,
  { command, answer, story }: Told<Command>,
  random: SeededRandom,
  answerMs = ANSWER_MS,
): Promise<void> {
  const again = await untilTold(services, command, random, answerMs);
  const stories = `key ${command.key}\n${[...story, '-- again', ...again.story].join('\n')}`;
  expect(essence(again.answer), stories).toBe(essence(answer));
  expect(again.answer.headers.get('idempotent-replayed'), stories).toBe('true');
}

/** The key over another body is refused. */
export async function expectKeyRefused(
  services: Services,
  command: Movement,
  random: SeededRandom,
  answerMs = ANSWER_MS,
): Promise<void> {
  const other = await untilTold(services, withOtherBody(command), random, answerMs);
  const what = `key ${command.key} over another body\n${other.story.join('\n')}`;
  expect(essence(other.answer), what).toContain('422 idempotency_key_reused');
}
