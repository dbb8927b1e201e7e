import { currencyOf } from '../../account/currency.ts';
import type { AccountEvent } from '../../account/events.ts';
import { formatMoney } from '../../account/money.ts';
import type { Done } from './send-answer.ts';
import { accountView } from './account-view.ts';

/** What became of a hold, by the event that says so, and its account after it. */
export function holdView({ account, sequence, events = [] }: Done) {
  const event = events.at(-1)?.event;
  if (event === undefined || !('holdId' in event)) {
    throw new RangeError(`the event at ${sequence} is not one of a hold`);
  }
  const { holdId } = event;
  return { holdId, ...whatOf(event), account: accountView(account, sequence) };
}

function whatOf(event: Extract<AccountEvent, { readonly holdId: string }>) {
  const { currency } = event;
  const money = (units: bigint) => formatMoney(units, currencyOf(currency));
  switch (event.type) {
    case 'HoldPlaced': {
      const { amount, expiresAt, reference } = event;
      const until = expiresAt === null ? null : new Date(expiresAt).toISOString();
      return { amount: money(amount), currency, expiresAt: until, reference };
    }
    case 'HoldCaptured':
      return { captured: money(event.amount), released: money(event.released), currency };
    case 'HoldReleased':
      return { released: money(event.amount), currency };
  }
}
