import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { availableOf } from '../../src/account/account.ts';
import type { Account } from '../../src/account/account.ts';
import { currencyOf } from '../../src/account/currency.ts';
import type { AccountEvent, RecordedEvent } from '../../src/account/events.ts';
import { evolve } from '../../src/account/evolve.ts';
import { formatMoney } from '../../src/account/money.ts';
import { changeOf } from '../support/account-events.ts';
import { startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { historyWriter } from '../support/history.ts';
import type { PageBody } from '../support/http.ts';
import type { Ledger } from '../support/ledger.ts';
import { jetbankOk } from '../support/jetbank.ts';
import { seededRandom } from '../support/random.ts';
import { expectContentsOf } from '../support/read-models.ts';

const ACCOUNTS = 12;
const EVENTS = 900;
/** Accounts of which every version is asked for. */
const ASKED = 3;

let bank: Bank;
let queries: BankService;
let ledger: Ledger;
let histories: ReadonlyMap<string, readonly RecordedEvent[]>;

beforeAll(async () => {
  bank = await startBank();
  // Some groups, so that the two sides of a transfer are written by different projectors.
  queries = await bank.startQuery({ PROJECTION_GROUPS: '2' });
  const history = await historyWriter(bank.nc, seededRandom('read-side'), ACCOUNTS);
  let last = 0;
  for (let written = 0; written < EVENTS; written += 100) last = await history.write(100);
  await queries.get(`/proof?minSequence=${last}`);
  ledger = await bank.ledger();
  histories = Map.groupBy(ledger.events, ({ event }) => event.accountId);
});
afterAll(() => bank.stop());

const money = (units: bigint) => formatMoney(units, currencyOf('USD'));

/** As the query service shows it. */
const shown = (account: Account) => ({
  ...{ accountId: account.accountId, version: account.version, status: account.status },
  ...{ balance: money(account.balance), held: money(account.held) },
  ...{ available: money(availableOf(account)), overdraftLimit: money(account.overdraftLimit) },
});

test('the history has every kind of event', () => {
  const types = new Set(ledger.events.map(({ event }) => event.type));
  const missing = ALL_TYPES.filter((type) => !types.has(type));
  expect(missing).toEqual([]);
});

/** All but AccountClosed: it takes a balance of exactly 0, which a history may not come to. */
const ALL_TYPES: readonly AccountEvent['type'][] = [
  ...(['AccountCreated', 'MoneyDeposited', 'MoneyWithdrawn', 'CommandRejected'] as const),
  ...(['TransferSent', 'TransferReceived', 'HoldPlaced', 'HoldCaptured', 'HoldReleased'] as const),
  ...(['AccountFrozen', 'AccountUnfrozen', 'OverdraftLimitSet'] as const),
];

test('the read models are what the log says', async () => {
  await expectContentsOf(bank.db, ledger.events, { number: 1, groups: 2 });
  expect(await jetbankOk(bank.env, 'projections', 'verify')).toContain('0 differences');
}, 40_000);

test('an account shows how it stands', async () => {
  for (const { account } of ledger.accounts.values()) {
    const answer = await queries.get(`/accounts/${account.accountId}`);
    expect(answer.account).toMatchObject(shown(account));
  }
});

test.each(['open', 'frozen', 'closed'])('a list of the %s accounts has those', async (status) => {
  const { items } = (await queries.get(`/accounts?status=${status}&limit=100`)).body as PageBody;
  const expected = [...ledger.accounts.values()].filter(({ account }) => account.status === status);
  expect(items.map(({ accountId }) => accountId).toSorted()).toEqual(
    expected.map(({ account }) => account.accountId).toSorted(),
  );
});

test('a statement has what moved money, and who stands on the other side', async () => {
  for (const [accountId, history] of histories) {
    const lines: PageBody['items'][number][] = [];
    for (let next = ''; ;) {
      const path = `/accounts/${accountId}/transactions?limit=100${next}`;
      const { items, nextCursor } = (await queries.get(path)).body as PageBody;
      lines.push(...items);
      if (nextCursor === null) break;
      next = `&cursor=${nextCursor}`;
    }
    const expected = history
      .map(({ event }) => event)
      .filter((event) => changeOf(event) !== 0n)
      .map((event) => ({
        version: event.version,
        amount: money(changeOf(event)),
        counterparty: 'counterparty' in event ? event.counterparty : null,
        transferId: 'transferId' in event ? event.transferId : null,
        holdId: event.type === 'HoldCaptured' ? event.holdId : null,
      }));
    expect(lines).toMatchObject(expected.toReversed());
  }
});

describe('the past', () => {
  test('of an account is what it was after each of its versions', async () => {
    for (const history of [...histories.values()].slice(0, ASKED)) {
      let account: Account | undefined;
      for (const { event, sequence } of history) {
        account = evolve(account, event);
        const path = `/accounts/${account.accountId}?asOfVersion=${event.version}`;
        const past = await queries.get(path);
        expect(past.account).toMatchObject({ ...shown(account), sequence });
      }
    }
  }, 40_000);

  test('of an account as of now is the account', async () => {
    const asOf = new Date().toISOString();
    for (const { account } of ledger.accounts.values()) {
      const past = await queries.get(`/accounts/${account.accountId}?asOf=${asOf}`);
      expect(past.account).toMatchObject(shown(account));
    }
  });
});
