import type { AccountEvent } from '../../account/events.ts';
import type { MinorUnits } from '../../account/money.ts';
import type { Finding } from './finding.ts';

/** The money of one currency in all accounts of the log, in minor units. */
export interface MoneyOfCurrency {
  /** Opening balances and deposits. */
  readonly deposited: MinorUnits;
  /** Withdrawals and captured holds. */
  readonly withdrawn: MinorUnits;
  /** What came from other accounts, and what went to them. */
  readonly received: MinorUnits;
  readonly sent: MinorUnits;
}

export interface MoneyAudit {
  /** Takes in what the event moves. */
  add(event: AccountEvent): void;
  /** Currencies in which transfers do not net to zero; to be asked where no transfer is open. */
  unbalanced(): readonly string[];
  /** By ISO 4217 code. */
  totals(): ReadonlyMap<string, MoneyOfCurrency>;
}

const NOTHING: MoneyOfCurrency = { deposited: 0n, withdrawn: 0n, received: 0n, sent: 0n };

export function moneyAudit(): MoneyAudit {
  const totals = new Map<string, MoneyOfCurrency>();
  const unbalanced = new Set<string>();
  return {
    add(event) {
      const { currency } = event;
      const before = totals.get(currency) ?? NOTHING;
      const { field, amount } = flowOf(event);
      if (field === undefined) return;
      const after = { ...before, [field]: before[field] + amount };
      totals.set(currency, after);
      if (after.received === after.sent) unbalanced.delete(currency);
      else unbalanced.add(currency);
    },
    unbalanced: () => [...unbalanced],
    totals: () => totals,
  };
}

/** Whether all accounts together have what came in less what went out. */
export function balancesAddUp(
  totals: ReadonlyMap<string, MoneyOfCurrency>,
  balances: ReadonlyMap<string, MinorUnits>,
  sequence: number,
): readonly Finding[] {
  return [...new Set([...totals.keys(), ...balances.keys()])].flatMap((currency): Finding[] => {
    const { deposited, withdrawn, received, sent } = totals.get(currency) ?? NOTHING;
    const expected = deposited - withdrawn + received - sent;
    const found = balances.get(currency) ?? 0n;
    if (found === expected) return [];
    const what = `the accounts in ${currency} have ${found} minor units, their events make ${expected}`;
    return [{ sequence, invariant: 'I1', what, remedy: 'log' }];
  });
}

interface Flow {
  readonly field: keyof MoneyOfCurrency | undefined;
  readonly amount: MinorUnits;
}

function flowOf(event: AccountEvent): Flow {
  switch (event.type) {
    case 'AccountCreated':
      return { field: 'deposited', amount: event.initialBalance };
    case 'MoneyDeposited':
      return { field: 'deposited', amount: event.amount };
    case 'MoneyWithdrawn':
    case 'HoldCaptured':
      return { field: 'withdrawn', amount: event.amount };
    case 'TransferSent':
      return { field: 'sent', amount: event.amount };
    case 'TransferReceived':
      return { field: 'received', amount: event.amount };
    case 'HoldPlaced':
    case 'HoldReleased':
    case 'AccountFrozen':
    case 'AccountUnfrozen':
    case 'OverdraftLimitSet':
    case 'AccountClosed':
    case 'CommandRejected':
      return { field: undefined, amount: 0n };
  }
}
