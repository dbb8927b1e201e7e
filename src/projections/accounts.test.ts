import { expect, test } from 'vitest';
import type { AccountFact, RecordedEvent, Standing } from '../account/events.ts';
import { openedWith } from '../account/events.ts';
import { MAX_BALANCE } from '../account/money.ts';
import { applyToAccount } from './accounts.ts';
import type { AccountDocument } from './accounts.ts';

const ACCOUNT = '6f1c1c52-4a34-4c0e-9f5a-0d2f4f3f8a10';
const OTHER = '0b8ff0a5-61a1-4a3e-8f0b-3f2f6d6a6c11';
const base = { eventId: 'e', accountId: ACCOUNT, occurredAt: 0, commandId: 'c', commandHash: null };

/** The account after these facts, as it stands in MongoDB. */
function documentOf(...facts: readonly AccountFact[]): AccountDocument | undefined {
  let document: AccountDocument | undefined;
  for (const [index, fact] of facts.entries()) {
    const event = { ...base, ...fact, version: index + 1 };
    const recorded: RecordedEvent = { sequence: index + 1, event };
    document = applyToAccount(document, recorded);
  }
  return document;
}

const opened: AccountFact = {
  ...{ type: 'AccountCreated', ownerName: 'Ada', currency: 'USD', initialBalance: 100n },
};

const fact = <T extends object>(fields: T, standing: Partial<Standing>) => ({
  ...openedWith(100n),
  ...{ currency: 'USD', reference: null },
  ...fields,
  ...standing,
});
const transfer = { transferId: 't', counterparty: OTHER };
const hold = { holdId: 'h', expiresAt: null };

test('each total counts its own events, and together they make the balance', () => {
  const document = documentOf(
    opened,
    fact({ type: 'MoneyDeposited', amount: 50n }, { balance: 150n }),
    fact({ type: 'MoneyWithdrawn', amount: 20n }, { balance: 130n }),
    fact({ type: 'TransferReceived', ...transfer, amount: 7n }, { balance: 137n }),
    fact({ type: 'TransferSent', ...transfer, amount: 30n }, { balance: 107n }),
    fact({ type: 'HoldPlaced', ...hold, amount: 10n }, { balance: 107n, held: 10n }),
    fact({ type: 'HoldCaptured', ...hold, amount: 4n, released: 6n }, { balance: 103n }),
    fact({ type: 'OverdraftLimitSet', previousLimit: 0n }, { balance: 103n, overdraftLimit: 9n }),
  );
  expect(document).toMatchObject({
    ...{ balance: 103n, held: 0n, overdraftLimit: 9n, status: 'open', version: 8, sequence: 8n },
    ...{ deposited: 150n, withdrawn: 24n, received: 7n, sent: 30n },
  });
});

test('what went through an account may be more than an Int64 holds', () => {
  const balances = [MAX_BALANCE, 0n, MAX_BALANCE, 0n, MAX_BALANCE, 0n];
  const amount = MAX_BALANCE;
  const document = documentOf(
    { ...opened, initialBalance: 0n },
    ...balances.map((balance) =>
      balance === 0n
        ? fact({ type: 'MoneyWithdrawn' as const, amount }, { balance })
        : fact({ type: 'MoneyDeposited' as const, amount }, { balance }),
    ),
  )!;
  // Three times 2^63 - 1, as the 64 bits that MongoDB stores.
  expect(document.deposited).toBe(BigInt.asIntN(64, 3n * MAX_BALANCE));
  expect(document.withdrawn).toBe(document.deposited);
  expect(document.balance).toBe(0n);
});

test('an event whose balance does not follow from the amounts is refused', () => {
  expect(() =>
    documentOf(opened, fact({ type: 'TransferSent', ...transfer, amount: 1n }, { balance: 100n })),
  ).toThrow(/100 and -1 minor units do not make 100/);
});
