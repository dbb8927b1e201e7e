import { findCurrency } from '../../account/currency.ts';
import type { Currency } from '../../account/currency.ts';
import type { AccountStatus } from '../../account/events.ts';
import { MAX_BALANCE, parseDecimalString } from '../../account/money.ts';
import type { MinorUnits } from '../../account/money.ts';
import type { AccountList, AccountSort } from '../list-accounts.ts';
import { CONTROL_CHARACTERS } from '../../platform/control-characters.ts';
import { invalid } from './read-request.ts';

interface AccountListQuery {
  readonly owner?: string;
  readonly currency?: string;
  readonly status?: AccountStatus;
  readonly minBalance?: string;
  readonly maxBalance?: string;
  readonly sort?: AccountSort;
}

/** @throws ProblemError `invalid_request` naming the parameter. */
export function readAccountList(query: AccountListQuery): AccountList {
  const { owner, currency: code, status, minBalance, maxBalance } = query;
  if (owner !== undefined && CONTROL_CHARACTERS.test(owner)) {
    throw invalid('owner', 'owner must not contain control characters');
  }
  const currency = code === undefined ? undefined : findCurrency(code);
  if (code !== undefined && currency === undefined) {
    throw invalid('currency', 'currency must be an ISO 4217 code');
  }
  const least = readBalance('minBalance', minBalance, currency);
  const most = readBalance('maxBalance', maxBalance, currency);
  if (least !== undefined && most !== undefined && least > most) {
    throw invalid('maxBalance', 'maxBalance must not be less than minBalance');
  }
  const ranged = least !== undefined || most !== undefined;
  const { sort = ranged ? 'balance' : 'createdAt' } = query;
  if (ranged && sort !== 'balance' && sort !== '-balance') {
    // No index has the accounts of a balance range in another order.
    throw invalid('sort', 'sort must be balance or -balance where a balance range is given');
  }
  return { sort, ownerName: owner, currency: code, status, minBalance: least, maxBalance: most };
}

/** Minor units, exactly. */
function readBalance(
  field: string,
  text: string | undefined,
  currency: Currency | undefined,
): MinorUnits | undefined {
  if (text === undefined) return undefined;
  if (currency === undefined) throw invalid('currency', `currency is required with ${field}`);
  const parsed = parseDecimalString(text);
  if (!parsed.ok) throw invalid(field, `${field} ${parsed.reason}`);
  const { coefficient, scale } = parsed.value;
  if (scale > currency.decimals) {
    const detail = `${field} must have at most ${currency.decimals} decimals in ${currency.code}`;
    throw invalid(field, detail);
  }
  const units = coefficient * 10n ** BigInt(currency.decimals - scale);
  if (units > MAX_BALANCE || units < -MAX_BALANCE) {
    throw invalid(field, `${field} is more than a balance can be`);
  }
  return units;
}
