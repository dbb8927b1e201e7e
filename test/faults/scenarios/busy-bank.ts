import { expect } from 'vitest';
import { eventually } from '../../support/await.ts';
import type { Bank } from '../../support/bank.ts';
import { batchEnds } from '../../support/batch-ends.ts';
import type { SeededRandom } from '../../support/random.ts';
import { expectReadModelsOf, untilProjected } from '../../support/read-models.ts';
import { movementOf, untilTold } from '../support/commands.ts';
import type { Services, Told } from '../support/commands.ts';
import { expectErrandsInLog, expectMoneyWhole } from '../support/errands-oracle.ts';
import { errandsOver } from '../support/errands.ts';
import type { Errand } from '../support/errands.ts';
import { expectRepeat } from '../support/load.ts';
import type { LoadSize } from '../support/load.ts';
import { expectSound } from '../../support/ledger.ts';
import { expectVerified } from '../support/read-fault-run.ts';
import { singleStage } from '../support/stage.ts';

const DEFAULT_ERRANDS = 1_000;
const OPENING = 1_000;
const ANSWER_MS = 2_000;
const REPEATED = 40;
/** The last hold that ends by itself has 4 s, and a timer may be late. */
const EXPIRED_MS = 20_000;
const CAUGHT_UP_MS = 60_000;

/**
 * Clients move money between a few accounts, set it aside, take it and give it back, all through two
 * services, one of which is killed now and then. Whatever they were told stands in the log once, the
 * money is whole after every single append, and the read models have all of it in the end.
 */
export async function busyBank(random: SeededRandom, size: LoadSize): Promise<void> {
  const { errands: wanted = DEFAULT_ERRANDS } = size;
  const stage = await singleStage();
  try {
    const { bank, services } = stage;
    const accountIds = await openAccounts(services, random, size.accounts);
    const errands = errandsOver(accountIds);
    const told: Told<Errand>[] = [];
    let begun = 0;

    async function client(draws: SeededRandom): Promise<void> {
      while (begun < wanted) {
        begun += 1;
        const outcome = await untilTold(services, errands.next(draws), draws, ANSWER_MS);
        errands.answered(outcome.command, outcome.answer);
        told.push(outcome);
      }
    }

    async function killServices(draws: SeededRandom): Promise<void> {
      for (let kills = 1; kills <= size.faults; kills += 1) {
        const due = Math.floor((wanted * kills) / (size.faults + 1));
        await eventually(() => told.length >= due, { timeoutMs: CAUGHT_UP_MS, what: 'errands' });
        const victim = draws.below(services.length);
        await services[victim]!.process.kill('SIGKILL');
        await stage.replace(victim);
      }
    }

    const work = Array.from({ length: size.clients }, () => client(random.fork()));
    await Promise.all([...work, killServices(random.fork())]);
    await repeatSome(services, told, random);
    await untilHoldsEnded(bank);
    await expectAllWell(bank, told);
  } finally {
    await stage.stop();
  }
}

async function openAccounts(
  services: Services,
  random: SeededRandom,
  count: number,
): Promise<string[]> {
  const opened = Array.from({ length: count }, () => {
    const shared = { key: random.uuid(), accountId: undefined, amount: OPENING };
    return untilTold(services, movementOf({ ...shared, verb: 'create' }), random.fork(), ANSWER_MS);
  });
  return (await Promise.all(opened)).map(({ answer }) => answer.account.accountId);
}

/** The newest are remembered whatever came after them. */
async function repeatSome(
  services: Services,
  told: readonly Told<Errand>[],
  random: SeededRandom,
): Promise<void> {
  const newest = told.slice(-REPEATED);
  await Promise.all(newest.map((one) => expectRepeat(services, one, random.fork(), ANSWER_MS)));
}

/** No restart loses a timer, and none of these holds is touched any more. */
const untilHoldsEnded = (bank: Bank): Promise<void> =>
  eventually(
    async () => {
      const { accounts } = await bank.ledger();
      const holds = [...accounts.values()].flatMap(({ account }) => account.holds);
      const overdue = holds.filter(({ expiresAt }) => expiresAt !== null);
      expect(overdue, 'holds that should have ended').toEqual([]);
    },
    { timeoutMs: EXPIRED_MS, what: 'the end of all holds that end by themselves' },
  );

async function expectAllWell(bank: Bank, told: readonly Told<Errand>[]): Promise<void> {
  const ledger = await bank.ledger();
  const ends = await batchEnds(bank.nc, ledger.lastSequence);
  expectSound(ledger);
  expectErrandsInLog(told, ledger, ends);
  expectMoneyWhole(ledger, ends);
  await bank.startQuery();
  await untilProjected(bank.db, ledger.lastSequence, CAUGHT_UP_MS);
  await expectReadModelsOf(bank.db, ledger);
  await expectVerified(bank);
  const refused = told.filter(({ answer }) => answer.status >= 300).length;
  const counts = `${told.length} errands (${refused} refused), ${ledger.events.length} events`;
  console.log(`${counts} in ${ends.size} appends`);
}
