import { expect, test } from 'vitest';
import { openedWith } from '../account/events.ts';
import type { AccountEvent } from '../account/events.ts';
import { memoryEventStore } from '../event-store/memory-event-store.ts';
import { MOST_AHEAD } from './proof.ts';
import type { CurrencyProof } from './proof.ts';
import { compareTransfers } from './transfers-agree.ts';

const ADA = '00000000-0000-4000-8000-00000000000a';
const BOB = '00000000-0000-4000-8000-00000000000b';
const { signal } = new AbortController();

/** Sequences 1 and 2: both accounts are opened. 3 and 4: Ada pays Bob 30. 5 and 6: he pays back 10. */
async function log() {
  const store = memoryEventStore();
  const first = (accountId: string): AccountEvent => ({
    ...{ type: 'AccountCreated', ownerName: 'o', currency: 'USD', initialBalance: 100n },
    ...base(accountId, 1),
  });
  const writes = [
    first(ADA),
    first(BOB),
    side('TransferSent', ADA, 2, 30n, 70n),
    side('TransferReceived', BOB, 2, 30n, 130n),
    side('TransferSent', BOB, 3, 10n, 120n),
    side('TransferReceived', ADA, 3, 10n, 80n),
  ];
  await store.append(
    writes.map((event) => ({
      accountId: event.accountId,
      expectedSequence: 0,
      events: [{ event }],
    })),
  );
  return store;
}

const base = (accountId: string, version: number) => ({
  ...{ eventId: accountId, accountId, version, occurredAt: 0, commandId: 'c', commandHash: null },
});

function side(
  type: 'TransferSent' | 'TransferReceived',
  accountId: string,
  version: number,
  amount: bigint,
  balance: bigint,
): AccountEvent {
  const counterparty = accountId === ADA ? BOB : ADA;
  const of = { transferId: ADA, counterparty, amount, reference: null, currency: 'USD' };
  return { type, ...of, ...openedWith(balance), ...base(accountId, version) };
}

/** The sums with the accounts at these versions. */
function proofOf(received: bigint, sent: bigint, ada: number, bob: number): CurrencyProof {
  const at: Readonly<Record<string, readonly number[]>> = { [ADA]: [1, 3, 6], [BOB]: [2, 4, 5] };
  const seen = (accountId: string, version: number) => ({
    ...{ accountId, version, sequence: at[accountId]![version - 1]! },
  });
  return {
    ...{ currency: 'USD', accounts: 2, deposited: 200n, withdrawn: 0n, received, sent },
    ...{ balances: 200n, held: 0n, overdrawn: 0n, ahead: [seen(ADA, ada), seen(BOB, bob)] },
  };
}

test.each([
  { name: 'all is there', proof: proofOf(40n, 40n, 3, 3), position: 6, at: 6 },
  { name: 'nothing was sent yet', proof: proofOf(0n, 0n, 1, 1), position: 2, at: 2 },
  { name: 'one account is ahead', proof: proofOf(0n, 30n, 2, 1), position: 2, at: 4 },
  { name: 'the other is ahead', proof: proofOf(30n, 10n, 1, 3), position: 2, at: 6 },
  { name: 'both are ahead, unevenly', proof: proofOf(30n, 40n, 2, 3), position: 2, at: 6 },
  { name: 'it stands within an append', proof: proofOf(0n, 30n, 2, 1), position: 3, at: 4 },
])('transfers net to zero where $name', async ({ proof, position, at }) => {
  const compared = await compareTransfers([proof], position, await log(), signal);
  expect(compared).toEqual({ kind: 'compared', sequence: at, agrees: true });
});

test.each([
  { name: 'a side is missing', proof: proofOf(39n, 40n, 3, 3), position: 6 },
  { name: 'a side was counted twice', proof: proofOf(0n, 60n, 2, 1), position: 2 },
])('they do not where $name', async ({ proof, position }) => {
  const compared = await compareTransfers([proof], position, await log(), signal);
  expect(compared).toEqual({ kind: 'compared', sequence: 6, agrees: false });
});

test('one currency does not make up for another', async () => {
  const dollars = proofOf(41n, 40n, 3, 3);
  const euros = { ...proofOf(40n, 41n, 3, 3), currency: 'EUR' };
  const compared = await compareTransfers([dollars, euros], 6, await log(), signal);
  expect(compared).toMatchObject({ kind: 'compared', agrees: false });
});

test('totals beyond 2^63 are compared by what is stored of them', async () => {
  const proof = proofOf(-(2n ** 63n), 2n ** 63n, 3, 3);
  const compared = await compareTransfers([proof], 6, await log(), signal);
  expect(compared).toMatchObject({ kind: 'compared', agrees: true });
});

test('where too many accounts are ahead, nothing is said', async () => {
  const ahead = Array.from({ length: MOST_AHEAD }, () => ({
    ...{ accountId: ADA, version: 3, sequence: 6 },
  }));
  const proof = { ...proofOf(0n, 1n, 3, 3), ahead };
  const compared = await compareTransfers([proof], 5, await log(), signal);
  expect(compared).toEqual({ kind: 'not_compared' });
});
