import { after } from './account.ts';
import type { Account, FactOf, Rules } from './account.ts';
import type { Transfer, TransferLeg } from './commands.ts';
import { currencyOf } from './currency.ts';
import { blocksIncoming, blocksOutgoing, lacks, overflows, refused } from './decision.ts';
import type { Refused } from './decision.ts';
import { toMinorUnits } from './money.ts';

/**
 * Money between accounts of the bank. A transfer is one append: both sides of every leg are in the
 * log, or none is, so there is no half-transfer and nothing to undo.
 */

/** The accounts as the command finds them; undefined for an id that has none. */
export type Accounts = (accountId: string) => Account | undefined;

export type TransferDecision =
  { readonly ok: true; readonly facts: readonly TransferFact[] } | Refused;

/** One side of a leg: what happens to which account. */
export interface TransferFact {
  readonly accountId: string;
  readonly fact: FactOf<'TransferSent' | 'TransferReceived'>;
}

/** The legs are taken in order, each on what the ones before leave behind; one refusal refuses all. */
export function transfer(accounts: Accounts, command: Transfer, rules: Rules): TransferDecision {
  const touched = new Map<string, Account>();
  const facts: TransferFact[] = [];
  const single = command.legs.length === 1;
  for (const [index, leg] of command.legs.entries()) {
    const at = (field: LegField) => (single ? SINGLE_FIELDS[field] : `legs/${index}/${field}`);
    const decided = decideLeg(
      (accountId) => touched.get(accountId) ?? accounts(accountId),
      command,
      leg,
      rules,
      at,
    );
    if (!decided.ok) return decided;
    for (const side of decided.sides) {
      touched.set(side.account.accountId, afterTransfer(side.account, side.fact));
      facts.push({ accountId: side.account.accountId, fact: side.fact });
    }
  }
  return { ok: true, facts };
}

type LegField = keyof TransferLeg;

/** What a transfer of one leg calls them in its request. */
const SINGLE_FIELDS: Readonly<Record<LegField, string>> = {
  from: 'fromAccountId',
  to: 'toAccountId',
  amount: 'amount',
};

interface Side {
  readonly account: Account;
  readonly fact: TransferFact['fact'];
}

function decideLeg(
  accounts: Accounts,
  command: Transfer,
  { from, to, amount: decimal }: TransferLeg,
  rules: Rules,
  at: (field: LegField) => string,
): { readonly ok: true; readonly sides: readonly [Side, Side] } | Refused {
  if (from === to) return refused('same_account', 'both sides are the same account', at('to'));
  const sender = accounts(from);
  if (sender === undefined) return missing(from, at('from'));
  const receiver = accounts(to);
  if (receiver === undefined) return missing(to, at('to'));
  if (sender.currency !== receiver.currency) {
    const detail = `${from} is in ${sender.currency}, ${to} in ${receiver.currency}`;
    return refused('currency_mismatch', detail, at('to'));
  }
  const parsed = toMinorUnits(decimal, currencyOf(sender.currency));
  if (!parsed.ok)
    return refused('invalid_amount', `${at('amount')} ${parsed.reason}`, at('amount'));
  const amount = parsed.value;
  const obstacle =
    named(from, at('from'), blocksOutgoing(sender)) ??
    named(to, at('to'), blocksIncoming(receiver, rules)) ??
    lacks(sender, amount, at('amount')) ??
    overflows(receiver, amount);
  if (obstacle !== undefined) return obstacle;
  const { transferId, reference = null } = command;
  const common = { transferId, amount, reference };
  return {
    ok: true,
    sides: [
      {
        account: sender,
        fact: {
          type: 'TransferSent',
          counterparty: to,
          ...common,
          ...after(sender, { balance: sender.balance - amount }),
        },
      },
      {
        account: receiver,
        fact: {
          type: 'TransferReceived',
          counterparty: from,
          ...common,
          ...after(receiver, { balance: receiver.balance + amount }),
        },
      },
    ],
  };
}

const missing = (accountId: string, field: string): Refused =>
  refused('account_not_found', `there is no account ${accountId}`, field);

/** The refusal, saying which of the accounts it speaks of. */
function named(accountId: string, field: string, found: Refused | undefined): Refused | undefined {
  if (found === undefined) return undefined;
  const { code, detail } = found.error;
  return refused(code, detail.replace('the account', `the account ${accountId}`), field);
}

export function afterTransfer(account: Account, fact: TransferFact['fact']): Account {
  const change = fact.type === 'TransferReceived' ? fact.amount : -fact.amount;
  return { ...account, balance: account.balance + change };
}
