import { expect } from 'vitest';
import type { SeededRandom } from '../../support/random.ts';
import {
  essence,
  isRetryable,
  movementOf,
  sendOnce,
  untilTold,
  withOtherBody,
} from '../support/commands.ts';
import type { Movement, Services, Told } from '../support/commands.ts';
import type { LoadSize } from '../support/load.ts';
import { expectAnswersInLog, expectRepeatsKnown } from '../support/oracle.ts';
import { singleStage } from '../support/stage.ts';

const AT_ONCE = 200;
const ANSWER_MS = 15_000;
const OPENING = 20;

/** Many requests with one key at once, and among them one with another body. */
export async function oneKeyAtOnce(random: SeededRandom, size: LoadSize): Promise<void> {
  const stage = await singleStage();
  try {
    const { services } = stage;
    const told: Told[] = [];
    for (let rounds = 0; rounds < size.faults; rounds += 1) {
      const opening = { key: random.uuid(), accountId: undefined, amount: OPENING };
      const opened = await race(services, movementOf({ ...opening, verb: 'create' }), random);
      const { accountId } = opened.answer.account;
      const movement = { key: random.uuid(), accountId, amount: 1 + random.below(2 * OPENING) };
      const verb = random.pick(['deposit', 'withdraw'] as const);
      told.push(opened, await race(services, movementOf({ ...movement, verb }), random));
    }
    expectAnswersInLog(told, await stage.bank.ledger());
    await expectRepeatsKnown(services, told, random, () => stage.bank.ledger());
  } finally {
    await stage.stop();
  }
}

/** Whichever body came first counts: all its requests are answered alike, the others refused. */
async function race(services: Services, command: Movement, random: SeededRandom): Promise<Told> {
  const other = withOtherBody(command);
  const place = random.pick([0, random.below(AT_ONCE)]);
  const requests = Array.from({ length: AT_ONCE }, () => command);
  requests.splice(place, 0, other);
  const sent = requests.map(async (asked, index) => {
    const service = services[index % services.length]!;
    return { asked, answer: await sendOnce(service, asked, AbortSignal.timeout(ANSWER_MS)) };
  });
  const answers = await Promise.all(sent);
  const [first, second] = [
    await untilTold(services, command, random, ANSWER_MS),
    await untilTold(services, other, random, ANSWER_MS),
  ];
  const what = JSON.stringify(command);
  const reused = [first, second].filter(({ answer }) => essence(answer).includes('key_reused'));
  expect(reused.length, `${what}: one body counts`).toBe(1);
  for (const { asked, answer } of answers) {
    if (isRetryable(answer)) continue;
    const expected = asked === command ? first : second;
    expect(essence(answer), what).toBe(essence(expected.answer));
  }
  return reused[0] === first ? second : first;
}
