import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changeOf } from '../../test/support/account-events.ts';
import type { AccountCommand } from './commands.ts';
import { decide } from './decide.ts';
import type { AccountEvent } from './events.ts';
import type { AccountRecord } from './record.ts';
import { applyRecorded, recall, REMEMBERED_COMMANDS } from './record.ts';

/** A bank of a few accounts on a log in memory: only the domain, no service. */
function bank() {
  const log: AccountEvent[] = [];
  const records = new Map<string, AccountRecord>();
  return {
    log,
    records,
    execute: (accountId: string, command: AccountCommand, key: string | null = null) => {
      const decision = decide(records.get(accountId)?.account, command, {
        now: 0,
        frozenTakesMoney: true,
      });
      if (!decision.ok) return;
      for (const fact of decision.facts) {
        const event: AccountEvent = {
          ...fact,
          eventId: String(log.length),
          accountId,
          version: (records.get(accountId)?.account.version ?? 0) + 1,
          occurredAt: 0,
          commandId: key ?? String(log.length),
          commandHash: key === null ? null : 'hash',
        };
        log.push(event);
        const recorded = { sequence: log.length, event };
        records.set(accountId, applyRecorded(records.get(accountId), recorded));
      }
    },
  };
}

const accountIds = fc.constantFrom('a', 'b', 'c');
const currencies = fc.constantFrom('USD', 'JPY', 'BHD');
const amounts = fc.record({
  coefficient: fc.bigInt({ min: -10n, max: 10n ** 17n }),
  scale: fc.integer({ min: 0, max: 4 }),
});
const commands: fc.Arbitrary<AccountCommand> = fc.oneof(
  fc.record({
    type: fc.constant('CreateAccount' as const),
    ownerName: fc.constant('owner'),
    currency: currencies,
    initialBalance: amounts,
  }),
  fc.record({ type: fc.constant('Deposit' as const), amount: amounts }),
  fc.record({ type: fc.constant('Withdraw' as const), amount: amounts }),
);
const workloads = fc.array(fc.tuple(accountIds, commands), { maxLength: 60 });

test('after every prefix: money is conserved, no balance is negative, versions have no gap', () => {
  fc.assert(
    fc.property(workloads, (workload) => {
      const { log, execute } = bank();
      for (const [accountId, command] of workload) execute(accountId, command);

      const records = new Map<string, AccountRecord>();
      const net = new Map<string, bigint>();
      log.forEach((event, index) => {
        const before = records.get(event.accountId);
        const after = applyRecorded(before, { sequence: index + 1, event });
        records.set(event.accountId, after);
        expect(after.account.version).toBe((before?.account.version ?? 0) + 1);
        expect(after.account.balance).toBeGreaterThanOrEqual(0n);
        net.set(event.currency, (net.get(event.currency) ?? 0n) + changeOf(event));
        for (const [currency, sum] of net) expect(sumOfBalances(records, currency)).toBe(sum);
      });
    }),
  );
});

test('an account remembers its creation and its last keyed commands, and only those', () => {
  const { records, execute } = bank();
  const amount = { coefficient: 1n, scale: 0 };
  const opening = { type: 'CreateAccount', ownerName: 'o', currency: 'USD' } as const;
  execute('a', { ...opening, initialBalance: amount }, 'key-0');
  for (let n = 1; n <= REMEMBERED_COMMANDS + 1; n += 1) {
    execute('a', { type: 'Deposit', amount });
    execute('a', { type: 'Deposit', amount }, `key-${n}`);
  }
  const record = records.get('a');
  expect(record?.commands).toHaveLength(1 + REMEMBERED_COMMANDS);
  expect(recall(record, 'key-0')).toMatchObject({ version: 1, balance: 100n, sequence: 1 });
  expect(recall(record, 'key-1')).toBeUndefined();
  expect(recall(record, 'key-2')).toMatchObject({ version: 5, balance: 500n, sequence: 5 });
  expect(recall(record, 'unheard-of')).toBeUndefined();
});

function sumOfBalances(records: ReadonlyMap<string, AccountRecord>, currency: string): bigint {
  let sum = 0n;
  for (const { account } of records.values()) {
    if (account.currency === currency) sum += account.balance;
  }
  return sum;
}
