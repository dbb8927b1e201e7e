import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { eventually } from '../support/await.ts';
import { startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { keyed } from '../support/http.ts';
import type { Answer } from '../support/http.ts';
import { expectSound } from '../support/ledger.ts';
import type { Ledger } from '../support/ledger.ts';
import { seededRandom } from '../support/random.ts';
import type { SeededRandom } from '../support/random.ts';
import { expectReadModelsOf, untilProjected } from '../support/read-models.ts';

const RUNS = Number(process.env['SEEDS'] ?? 5);
const ACCOUNTS = 8;
const CLIENTS = 16;
const COMMANDS_EACH = 60;
const CRASHES = 4;
/** A client tries again for so long, in milliseconds. */
const PATIENCE_MS = 60_000;

/** The outcome that a client was finally told of its key. */
interface Told {
  readonly key: string;
  readonly accountId: string;
  readonly answer: Answer;
}

test.each(Array.from({ length: RUNS }, (_, run) => run + 1))(
  'run %i: services and nats-server are killed under load: what was answered is in the log, once',
  async (run) => {
    const random = seededRandom(`crashes, run ${run}`);
    const bank = await startBank();
    try {
      const services = await Promise.all([bank.startCommand(), bank.startCommand()]);
      const accountIds = await openAccounts(services);
      let working = true;
      const crashing = crash(bank, services, random, () => working);
      const told = await work(services, accountIds, random);
      working = false;
      await crashing;

      // The last crash may have taken this test's own connection along.
      const ledger = await eventually(() => bank.ledger(), { timeoutMs: 30_000 });
      expectSound(ledger);
      for (const one of told) expectInLog(one, ledger);
      await bank.startQuery();
      await untilProjected(bank.db, ledger.lastSequence);
      await expectReadModelsOf(bank.db, ledger);
    } finally {
      await bank.stop();
    }
  },
);

async function openAccounts(services: readonly BankService[]): Promise<string[]> {
  const [first] = services;
  const opened = Array.from({ length: ACCOUNTS }, () => first!.create('20.00'));
  return (await Promise.all(opened)).map(({ account }) => account.accountId);
}

/** Kills a service, or nats-server, and brings it back; each at a random moment. */
async function crash(
  bank: Bank,
  services: BankService[],
  random: SeededRandom,
  goesOn: () => boolean,
): Promise<void> {
  for (let crashes = 0; crashes < CRASHES && goesOn(); crashes += 1) {
    await sleep(random.below(800));
    const victim = random.below(3);
    if (victim === 2) {
      bank.nats.kill('SIGKILL');
      await bank.nats.restart();
    } else {
      await services[victim]!.process.kill('SIGKILL');
      services[victim] = await bank.startCommand();
    }
  }
}

/** Clients that send every command with a key, until they are told an outcome. */
async function work(
  services: readonly BankService[],
  accountIds: readonly string[],
  random: SeededRandom,
): Promise<Told[]> {
  const clients = Array.from({ length: CLIENTS }, async (_, client) => {
    const told: Told[] = [];
    for (let command = 0; command < COMMANDS_EACH; command += 1) {
      const key = `${client}-${command}-${random.uuid()}`;
      const accountId = random.pick(accountIds);
      const verb = random.pick(['deposit', 'withdraw'] as const);
      const amount = `${1 + random.below(9)}.00`;
      const answer = await untilTold(() =>
        services[random.below(services.length)]![verb](accountId, amount, keyed(key)),
      );
      told.push({ key, accountId, answer });
    }
    return told;
  });
  return (await Promise.all(clients)).flat();
}

async function untilTold(send: () => Promise<Answer>): Promise<Answer> {
  const giveUp = performance.now() + PATIENCE_MS;
  for (;;) {
    // A service that was killed does not answer at all.
    const answer = await send().catch(() => undefined);
    if (answer !== undefined && [200, 422].includes(answer.status)) return answer;
    if (performance.now() > giveUp) throw new Error(`not told: ${answer?.status} ${answer?.text}`);
    await sleep(20);
  }
}

function expectInLog({ key, accountId, answer }: Told, ledger: Ledger): void {
  const own = ledger.events.filter(
    ({ event }) => event.accountId === accountId && event.commandId === key,
  );
  expect(own, `key ${key}`).toHaveLength(1);
  const [{ event, sequence } = { event: undefined, sequence: 0 }] = own;
  if (answer.status === 422) {
    expect(event?.type).toBe('CommandRejected');
    return;
  }
  expect(event?.type).not.toBe('CommandRejected');
  expect(answer.account).toMatchObject({ sequence, version: event?.version });
}
