import { Type } from 'typebox';

/** What a decimal field of a request looks like; the exact value is read from the JSON text. */
const Amount = (description: string) =>
  Type.Unsafe<number | string>({
    type: ['number', 'string'],
    description,
    examples: [500.0, '500.00'],
    errorMessage: 'must be a number or a decimal string such as "12.50"',
  });

export const CreateAccountBody = Type.Object(
  {
    ownerName: Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'Who owns the account; not blank, no control characters.',
      examples: ['Juan Pérez'],
    }),
    initialBalance: Amount('Opening balance, 0 or more, in the currency given.'),
    currency: Type.Optional(
      Type.String({
        description: 'ISO 4217 code; the default is the service’s.',
        examples: ['USD'],
      }),
    ),
  },
  { additionalProperties: false },
);

export const MoneyBody = Type.Object(
  {
    amount: Amount('More than 0, with at most the currency’s decimals.'),
    reference: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 140,
        description: 'What it is for, as the statement shows it; not blank, no control characters.',
        examples: ['Invoice 2026-117'],
      }),
    ),
  },
  { additionalProperties: false },
);

export const AccountParams = Type.Object({
  accountId: Type.String({ description: 'UUID of the account.' }),
});

export const CommandHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({ description: '1 to 255 visible characters: makes a retry safe.' }),
  ),
  'if-match': Type.Optional(
    Type.String({ description: 'The version the account must have, such as "3".' }),
  ),
  traceparent: Type.Optional(Type.String({ description: 'W3C trace context.' })),
});

export const AccountAnswer = Type.Object(
  {
    accountId: Type.String(),
    ownerName: Type.String(),
    currency: Type.String(),
    balance: Type.String({ description: 'Decimal, with the currency’s decimals.' }),
    version: Type.Integer({ description: 'Number of events of the account.' }),
    sequence: Type.Integer({
      description: 'Stream sequence: pass it to a query as minSequence to read your own write.',
    }),
  },
  { description: 'The account right after the command.' },
);
