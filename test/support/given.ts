import type { Account, Rules } from '../../src/account/account.ts';
import type { AccountCommand, Transfer } from '../../src/account/commands.ts';
import { decide } from '../../src/account/decide.ts';
import type { AccountEvent, AccountFact } from '../../src/account/events.ts';
import { evolve } from '../../src/account/evolve.ts';
import { parseDecimalString } from '../../src/account/money.ts';
import type { Decimal } from '../../src/account/money.ts';
import { transfer } from '../../src/account/transfers.ts';

/** The account that a given without a name is about. */
export const ONLY = 'the-account';

const RULES: Rules = { now: 1_000, frozenTakesMoney: true };

/** Accounts with these facts as their events, or one account; answers what commands do to them. */
export function given(facts: readonly AccountFact[] | Readonly<Record<string, AccountFact[]>>) {
  const all = Array.isArray(facts) ? { [ONLY]: facts as AccountFact[] } : facts;
  const accounts = new Map(
    Object.entries(all as Readonly<Record<string, AccountFact[]>>).map(([accountId, of]) => [
      accountId,
      fold(accountId, of),
    ]),
  );
  return {
    account: accounts.get(ONLY),
    when: (command: AccountCommand, rules: Partial<Rules> = {}) =>
      decide(accounts.get(ONLY), command, { ...RULES, ...rules }),
    whenTransfer: (command: Transfer, rules: Partial<Rules> = {}) =>
      transfer((accountId) => accounts.get(accountId), command, { ...RULES, ...rules }),
  };
}

/** The account after these facts as its events 1, 2, 3 ... */
function fold(accountId: string, facts: readonly AccountFact[]): Account | undefined {
  let account: Account | undefined;
  facts.forEach((fact, index) => {
    account = evolve(account, eventOf(accountId, fact, index + 1));
  });
  return account;
}

const eventOf = (accountId: string, fact: AccountFact, version: number): AccountEvent => ({
  ...fact,
  ...{ eventId: `event-${version}`, accountId, version, occurredAt: 0 },
  ...{ commandId: `command-${version}`, commandHash: null },
});

export const opened = (initialBalance: bigint, currency = 'USD'): AccountFact => ({
  type: 'AccountCreated',
  ownerName: 'Juan Pérez',
  currency,
  initialBalance,
});

export function decimal(text: string): Decimal {
  const parsed = parseDecimalString(text);
  if (!parsed.ok) throw new RangeError(`${text} ${parsed.reason}`);
  return parsed.value;
}
