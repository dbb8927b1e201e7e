import type { Collection, Filter } from 'mongodb';
import type { AccountStatus } from '../account/events.ts';
import type { MinorUnits } from '../account/money.ts';
import type { AccountDocument } from '../projections/accounts.ts';
import { decodeCursor, encodeCursor, invalidCursor } from './cursor.ts';
import { pageOf } from './page.ts';
import type { Page, PageRequest } from './page.ts';

/** Ascending, or with a minus descending. Balances are compared in minor units. */
export const SORTS = ['createdAt', '-createdAt', 'balance', '-balance'] as const;
export type AccountSort = (typeof SORTS)[number];

export const ACCOUNT_STATUSES = ['open', 'frozen', 'closed'] as const satisfies AccountStatus[];

/** Which accounts, in which order. */
export interface AccountList {
  readonly sort: AccountSort;
  /** Exactly so. */
  readonly ownerName?: string | undefined;
  /** ISO 4217 code. */
  readonly currency?: string | undefined;
  readonly status?: AccountStatus | undefined;
  /** Minor units of the currency, both included; only where the list is sorted by balance. */
  readonly minBalance?: MinorUnits | undefined;
  readonly maxBalance?: MinorUnits | undefined;
}

/** A query of MongoDB that one index answers in its own order, without sorting. */
export interface IndexedQuery {
  readonly filter: Filter<AccountDocument>;
  readonly sort: Readonly<Record<string, 1 | -1>>;
  /** The index: what is asked for exactly, then what is sorted by. */
  readonly hint: Readonly<Record<string, 1>>;
}

/** A page of the accounts; those that are equal in the order stand by their ids. */
export async function listAccounts(
  accounts: Collection<AccountDocument>,
  list: AccountList,
  { limit, cursor }: PageRequest,
): Promise<Page<AccountDocument>> {
  const found: AccountDocument[] = [];
  for (const { filter, sort, hint } of accountQueries(list, cursor)) {
    const wanted = limit + 1 - found.length;
    if (wanted === 0) break;
    found.push(...(await accounts.find(filter, { sort, hint }).limit(wanted).toArray()));
  }
  return pageOf(found, limit, (account) => cursorAfter(list, account));
}

/**
 * The queries that make the list, one after another: behind a cursor first the rest of those that
 * are equal to its last item in what is sorted by, then those beyond. As one query, an index scan
 * would begin anew at the first equal one, and a bank has many accounts with a balance of 0.
 */
export function accountQueries(list: AccountList, cursor?: string): IndexedQuery[] {
  const { field, direction } = orderOf(list);
  const { ownerName, currency, status } = list;
  const equal = {
    ...(ownerName !== undefined && { ownerName }),
    ...(currency !== undefined && { currency }),
    ...(status !== undefined && { status }),
  };
  const sort = { [field]: direction, _id: direction };
  const prefix = prefixOf(list);
  const hint = { ...(prefix && { [prefix]: 1 as const }), [field]: 1, _id: 1 } as const;
  const range = rangeOf(list);
  const query = (more: Filter<AccountDocument>) => ({ filter: { ...equal, ...more }, sort, hint });

  if (cursor === undefined) return [query(range === undefined ? {} : { [field]: range })];
  const { value, accountId } = readCursor(list, cursor);
  const beyond = direction === 1 ? '$gt' : '$lt';
  return [
    query({ [field]: value, _id: { [beyond]: accountId } }),
    query({ [field]: { ...range, [beyond]: value } }),
  ];
}

/**
 * Of what is asked for exactly, that which leaves the fewest accounts: the index begins with it, and
 * the rest is picked out. An owner has few accounts, few are frozen or closed, and most are open.
 */
function prefixOf({ ownerName, currency, status }: AccountList) {
  if (ownerName !== undefined) return 'ownerName';
  if (status !== undefined && (status !== 'open' || currency === undefined)) return 'status';
  return currency === undefined ? undefined : 'currency';
}

const orderOf = ({ sort }: AccountList) =>
  sort.startsWith('-')
    ? ({ field: sort.slice(1), direction: -1 } as const)
    : ({ field: sort, direction: 1 } as const);

function rangeOf({ minBalance, maxBalance }: AccountList) {
  if (minBalance === undefined && maxBalance === undefined) return undefined;
  return {
    ...(minBalance !== undefined && { $gte: minBalance }),
    ...(maxBalance !== undefined && { $lte: maxBalance }),
  };
}

const INT64 = /^-?\d{1,19}$/;

function cursorAfter(list: AccountList, { _id, createdAt, balance }: AccountDocument): string {
  const byBalance = orderOf(list).field === 'balance';
  return encodeCursor(scopeOf(list), [byBalance ? String(balance) : createdAt.toJSON(), _id]);
}

/** @throws ProblemError `invalid_request` for a text that is no cursor of this list. */
function readCursor(list: AccountList, cursor: string) {
  const [text, accountId] = decodeCursor(scopeOf(list), cursor, 'string', 'string');
  const byBalance = orderOf(list).field === 'balance';
  const readable = byBalance ? INT64.test(text) : !Number.isNaN(Date.parse(text));
  if (!readable) throw invalidCursor('cursor must be a nextCursor of an earlier answer');
  return { value: byBalance ? BigInt(text) : new Date(text), accountId };
}

/** What a cursor belongs to. Without a status it is what it was before there were any. */
const scopeOf = ({ sort, ownerName, currency, status, ...range }: AccountList) => [
  sort,
  ...[ownerName, currency, range.minBalance, range.maxBalance].map((of) => of?.toString() ?? null),
  ...(status === undefined ? [] : [status]),
];
