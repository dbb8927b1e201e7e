import { currencyOf } from '../../account/currency.ts';
import { formatMoney } from '../../account/money.ts';
import type { AccountEvent, RecordedEvent } from '../../account/events.ts';
import type { Transfer } from '../../account/commands.ts';
import type { Done } from './send-answer.ts';

/** A transfer as it is answered: as its two sides, or as legs and accounts where it was asked for so. */
export function transferView(command: Transfer, { sequence, events = [] }: Done, asLegs: boolean) {
  const sides = events.flatMap(({ event }) => ('transferId' in event ? [event] : []));
  const sent = sides.filter(({ type }) => type === 'TransferSent');
  const last = lastOfEach(events);
  const { transferId } = command;
  const [only] = sent;
  if (only !== undefined && !asLegs) {
    const { accountId, counterparty, currency, reference } = only;
    const [from, to] = [accountId, counterparty].map((id) => accountAfter(last.get(id) ?? only));
    const ends = { ...(from && { from }), ...(to && { to }) };
    return { transferId, amount: amountOf(only), currency, reference, ...ends, sequence };
  }
  const legs = sent.map((leg) => {
    const { accountId: fromAccountId, counterparty: toAccountId, currency } = leg;
    return { fromAccountId, toAccountId, amount: amountOf(leg), currency };
  });
  const accounts = [...last.values()].map(accountAfter);
  return { transferId, legs, reference: only?.reference ?? null, accounts, sequence };
}

type Side = Extract<AccountEvent, { readonly transferId: string }>;

const amountOf = ({ amount, currency }: Side) => formatMoney(amount, currencyOf(currency));

function lastOfEach(events: readonly RecordedEvent[]): ReadonlyMap<string, Side> {
  const last = new Map<string, Side>();
  for (const { event } of events) if ('transferId' in event) last.set(event.accountId, event);
  return last;
}

function accountAfter({ accountId, balance, currency, version }: Side) {
  return { accountId, balance: formatMoney(balance, currencyOf(currency)), version };
}
