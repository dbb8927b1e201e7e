import { expect } from 'vitest';
import type { RecordedEvent } from '../../../src/account/events.ts';
import { expectSound } from '../../support/ledger.ts';
import type { Ledger } from '../../support/ledger.ts';
import type { SeededRandom } from '../../support/random.ts';
import type { Movement, Services, Told } from './commands.ts';
import { expectKeyRefused, expectRepeat } from './load.ts';

const EVENT_OF = {
  create: 'AccountCreated',
  deposit: 'MoneyDeposited',
  withdraw: 'MoneyWithdrawn',
} as const;
const CENTS = 100n;
const REPEATED = 40;
/** A repeat is promised to be known for 2 minutes, however many keys follow; some of that is kept. */
const SURELY_KNOWN_MS = 90_000;

/**
 * What was answered against what is in the log: every command stands there once (I3), as it was
 * asked for and answered (I2), nothing else does, and the ledger as a whole is sound (I1, I5, I6).
 */
export function expectAnswersInLog(told: readonly Told[], ledger: Ledger): void {
  const byKey = Map.groupBy(ledger.events, ({ event }) => event.commandId);
  for (const one of told) expectInLog(one, byKey.get(one.command.key) ?? []);
  const asked = new Set(told.map(({ command }) => command.key));
  expect([...byKey.keys()].filter((key) => !asked.has(key))).toEqual([]);
  expectSound(ledger);
}

function expectInLog({ command, answer, story }: Told, found: readonly RecordedEvent[]): void {
  const what = explained(command, found, story);
  expect(found.length, `events of one command (I3): ${what}`).toBe(1);
  const [{ event, sequence }] = found as readonly [RecordedEvent];
  if (answer.status === 422) {
    expect(event.type, what).toBe('CommandRejected');
    return;
  }
  const { accountId, version, balance } = answer.account;
  const stated = event.type === 'AccountCreated' ? event.initialBalance : event.balance;
  expect(event, what).toMatchObject({ type: EVENT_OF[command.verb], accountId, version });
  expect(amountOf(event), what).toBe(BigInt(command.amount) * CENTS);
  expect(answer.account.sequence, what).toBe(sequence);
  expect(BigInt(balance.replace('.', '')), what).toBe(stated);
  if (command.accountId !== undefined) expect(accountId, what).toBe(command.accountId);
}

function amountOf(event: RecordedEvent['event']): bigint | undefined {
  if (event.type === 'AccountCreated') return event.initialBalance;
  return 'amount' in event ? event.amount : undefined;
}

function explained(
  command: Movement,
  found: readonly RecordedEvent[],
  story: readonly string[],
): string {
  const events = found.map(
    ({ event, sequence }) =>
      `in the log at ${sequence}: ${event.type}, version ${event.version} of ${event.accountId}`,
  );
  return [JSON.stringify(command), ...story, ...events].join('\n');
}

/**
 * Some of the newest commands sent again: as the first time, refused with another body, and neither
 * leaves anything in the log (I7).
 */
export async function expectRepeatsKnown(
  services: Services,
  told: readonly Told[],
  random: SeededRandom,
  readLedger: () => Promise<Ledger>,
): Promise<void> {
  const before = (await readLedger()).lastSequence;
  const recent = told.filter(({ at }) => performance.now() - at < SURELY_KNOWN_MS);
  const repeats = Array.from({ length: REPEATED }, async () => {
    const one = random.pick(recent);
    const draws = random.fork();
    await expectRepeat(services, one, draws);
    await expectKeyRefused(services, one.command, draws);
  });
  await Promise.all(repeats);
  expect((await readLedger()).lastSequence, 'repeats wrote something').toBe(before);
}
