import { Type } from 'typebox';
import type { AccountStatus } from '../../account/events.ts';
import { LINE_TYPES } from '../../projections/transactions.ts';
import type { LineType } from '../../projections/transactions.ts';
import { ACCOUNT_STATUSES, SORTS } from '../list-accounts.ts';
import type { AccountSort } from '../list-accounts.ts';

export const AccountParams = Type.Object({
  accountId: Type.String({ description: 'UUID of the account.' }),
});

export const ConditionHeaders = Type.Object({
  'if-none-match': Type.Optional(
    Type.String({
      description: 'The version the client has, such as "3": 304 where it is still it.',
    }),
  ),
});

export const NotModified = Type.Unsafe<undefined>({
  type: 'null',
  description: 'The client has this version already.',
});

export const minSequence = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    description: 'The stream sequence of a command’s answer: waits until it is visible here.',
  }),
);

const MAX_VERSION = 999_999_999;

export const AccountQuery = Type.Object(
  {
    minSequence,
    asOf: Type.Optional(
      Type.String({
        description:
          'RFC 3339: the account after the last version whose time is not after this one. Versions ' +
          'are the order, also where a clock went backwards between two of them.',
      }),
    ),
    asOfVersion: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_VERSION,
        description: 'The account after its event of this version.',
      }),
    ),
  },
  { additionalProperties: false },
);

const page = {
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
  cursor: Type.Optional(
    Type.String({ description: 'The nextCursor of the page before, with the same query.' }),
  ),
  minSequence,
};

const Balance = (description: string) =>
  Type.Optional(Type.String({ description: `${description} Decimal; needs currency.` }));

export const AccountsQuery = Type.Object(
  {
    ...page,
    owner: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: 'The exact name of the owner.' }),
    ),
    currency: Type.Optional(Type.String({ description: 'ISO 4217 code.' })),
    status: Type.Optional(
      Type.Unsafe<AccountStatus>({
        type: 'string',
        enum: [...ACCOUNT_STATUSES],
        description: 'Only accounts that are open, frozen or closed.',
        errorMessage: `must be one of ${ACCOUNT_STATUSES.join(', ')}`,
      }),
    ),
    minBalance: Balance('Balances from this on.'),
    maxBalance: Balance('Balances up to this, included.'),
    sort: Type.Optional(
      Type.Unsafe<AccountSort>({
        type: 'string',
        enum: [...SORTS],
        description:
          'With a minus descending. Default: createdAt, or with a balance range balance, which is ' +
          'then the only one allowed. Without currency, balances are compared in minor units.',
        errorMessage: `must be one of ${SORTS.join(', ')}`,
      }),
    ),
  },
  { additionalProperties: false },
);

export const StatementQuery = Type.Object(
  {
    ...page,
    limit: Type.Integer({
      ...page.limit,
      description: 'Lines of a page. A statement as CSV is whole: the limit does not count there.',
    }),
    from: Type.Optional(Type.String({ description: 'RFC 3339; lines from this time on.' })),
    to: Type.Optional(Type.String({ description: 'RFC 3339; lines before this time.' })),
  },
  { additionalProperties: false },
);

export const EventsQuery = Type.Object(
  {
    ...page,
    fromVersion: Type.Integer({
      minimum: 1,
      maximum: MAX_VERSION,
      default: 1,
      description: 'The version of the first event.',
    }),
  },
  { additionalProperties: false },
);

const orNull = (description: string) => Type.Union([Type.String(), Type.Null()], { description });

export const AccountView = Type.Object({
  accountId: Type.String(),
  ownerName: Type.String(),
  currency: Type.String(),
  status: Type.Unsafe<AccountStatus>({
    type: 'string',
    enum: [...ACCOUNT_STATUSES],
    description: 'Frozen: nothing goes out. Closed: nothing happens any more.',
  }),
  balance: Type.String({
    description: 'Decimal, with the currency’s decimals; below 0 as far as the overdraft limit.',
  }),
  held: Type.String({ description: 'Decimal: what open holds have set aside of the balance.' }),
  available: Type.String({
    description: 'Decimal: balance less held plus overdraft limit, what may be taken or held.',
  }),
  overdraftLimit: Type.String({ description: 'Decimal: how far below 0 the balance may go.' }),
  version: Type.Integer(),
  sequence: Type.Integer({ description: 'Stream sequence of the account’s last event.' }),
  createdAt: Type.String({ format: 'date-time' }),
  updatedAt: Type.String({ format: 'date-time' }),
});

export const TransactionView = Type.Object({
  accountId: Type.String(),
  version: Type.Integer({ description: 'The account’s version after this line.' }),
  sequence: Type.Integer({ description: 'Stream sequence.' }),
  type: Type.Unsafe<LineType>({
    type: 'string',
    enum: [...LINE_TYPES],
    description: 'transfer_in, transfer_out: the other side is counterparty. capture: of a hold.',
  }),
  amount: Type.String({ description: 'Decimal; negative where money went out.' }),
  balance: Type.String({ description: 'Decimal: the running balance after this line.' }),
  currency: Type.String(),
  reference: orNull('What the client said it was for; null where it said nothing.'),
  at: Type.String({ format: 'date-time' }),
  // New members go to the end: they are the columns of the CSV, which clients may count.
  counterparty: orNull('Account id of the other side; null where the line is of no transfer.'),
  transferId: orNull('The same on both sides and in all legs; null where there is none.'),
  holdId: orNull('The hold that was captured; null where none was.'),
});

export const LiveQuery = Type.Object(
  {
    after: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description:
          'A stream sequence: begins behind it. Without it, with what happens from now on.',
      }),
    ),
  },
  { additionalProperties: false },
);

export const LiveHeaders = Type.Object({
  'last-event-id': Type.Optional(
    Type.String({ description: 'The id of the last event received: goes on behind it.' }),
  ),
});

const EventMembers = Type.Object(
  {
    sequence: Type.Integer({ description: 'Stream sequence.' }),
    type: Type.String({ description: 'The event’s type, such as MoneyDeposited.' }),
    schemaVersion: Type.Integer(),
    eventId: Type.String(),
    accountId: Type.String(),
    version: Type.Integer(),
    occurredAt: Type.String({ format: 'date-time' }),
    commandId: Type.String(),
  },
  {
    additionalProperties: true,
    description: 'As `jetbank decode` shows it, with the members of its type.',
  },
);

const nextCursor = Type.Union([Type.String(), Type.Null()]);

export const AccountPage = Type.Object({ items: Type.Array(AccountView), nextCursor });
export const TransactionPage = Type.Object({ items: Type.Array(TransactionView), nextCursor });
const EventView = Type.Unsafe<Record<string, unknown>>(EventMembers);
export const EventPage = Type.Object({ items: Type.Array(EventView), nextCursor });
