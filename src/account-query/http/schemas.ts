import { Type } from 'typebox';

export const AccountParams = Type.Object({
  accountId: Type.String({ description: 'UUID of the account.' }),
});

const minSequence = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    description: 'The stream sequence of a command’s answer: waits until it is visible here.',
  }),
);

export const AccountQuery = Type.Object({ minSequence }, { additionalProperties: false });

export const PageQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
    cursor: Type.Optional(Type.String({ description: 'The nextCursor of the page before.' })),
    minSequence,
  },
  { additionalProperties: false },
);

export const AccountView = Type.Object({
  accountId: Type.String(),
  ownerName: Type.String(),
  currency: Type.String(),
  balance: Type.String({ description: 'Decimal, with the currency’s decimals.' }),
  version: Type.Integer(),
  sequence: Type.Integer({ description: 'Stream sequence of the account’s last event.' }),
  createdAt: Type.String({ format: 'date-time' }),
  updatedAt: Type.String({ format: 'date-time' }),
});

export const TransactionView = Type.Object({
  accountId: Type.String(),
  version: Type.Integer({ description: 'The account’s version after this line.' }),
  sequence: Type.Integer({ description: 'Stream sequence.' }),
  type: Type.String(),
  amount: Type.String({ description: 'Decimal; negative where money went out.' }),
  balance: Type.String({ description: 'Decimal: the running balance after this line.' }),
  currency: Type.String(),
  reference: Type.Union([Type.String(), Type.Null()], {
    description: 'What the client said it was for; null where it said nothing.',
  }),
  at: Type.String({ format: 'date-time' }),
});

const nextCursor = Type.Union([Type.String(), Type.Null()]);

export const AccountPage = Type.Object({ items: Type.Array(AccountView), nextCursor });
export const TransactionPage = Type.Object({ items: Type.Array(TransactionView), nextCursor });
