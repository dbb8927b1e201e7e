import { Type } from 'typebox';
import { MAX_LEGS } from '../../account/commands.ts';
import { MAX_HOLD_DAYS } from '../../account/holds.ts';

/** What a decimal field of a request looks like; the exact value is read from the JSON text. */
const Amount = (description: string) =>
  Type.Unsafe<number | string>({
    type: ['number', 'string'],
    description,
    examples: [500.0, '500.00'],
    errorMessage: 'must be a number or a decimal string such as "12.50"',
  });

/** Of a body that a request need not have: see `emptyBody`. */
const MAY_BE_MISSING = { additionalProperties: false, optional: true };

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

const amount = Amount('More than 0, with at most the currency’s decimals.');

const Text = (description: string, example: string) =>
  Type.String({
    minLength: 1,
    maxLength: 140,
    description: `${description}; not blank, no control characters.`,
    examples: [example],
  });

const reference = Type.Optional(
  Text('What it is for, as the statement shows it', 'Invoice 2026-117'),
);

export const MoneyBody = Type.Object({ amount, reference }, { additionalProperties: false });

const accountId = Type.String({ description: 'UUID of the account.' });
export const AccountParams = Type.Object({ accountId });
export const HoldParams = Type.Object({
  accountId,
  holdId: Type.String({ description: 'UUID of the hold.' }),
});

export const CommandHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({ description: '1 to 255 visible characters: makes a retry safe.' }),
  ),
  'if-match': Type.Optional(
    Type.String({
      description:
        'The version the account must have, such as "3"; of a transfer the account that pays, of ' +
        'several legs the first.',
    }),
  ),
  traceparent: Type.Optional(Type.String({ description: 'W3C trace context.' })),
});

const Status = Type.String({ description: 'open, frozen or closed.' });

export const AccountAnswer = Type.Object(
  {
    accountId: Type.String(),
    ownerName: Type.String(),
    currency: Type.String(),
    status: Status,
    balance: Type.String({ description: 'Decimal, with the currency’s decimals.' }),
    held: Type.String({ description: 'What open holds have set aside of it.' }),
    available: Type.String({ description: 'balance - held + overdraftLimit.' }),
    overdraftLimit: Type.String({ description: 'How far below 0 the balance may go.' }),
    version: Type.Integer({ description: 'Number of events of the account.' }),
    sequence: Type.Integer({
      description: 'Stream sequence: pass it to a query as minSequence to read your own write.',
    }),
  },
  { description: 'The account right after the command.' },
);

const side = (description: string) => Type.String({ description });

export const TransferBody = Type.Object(
  {
    fromAccountId: Type.Optional(side('UUID of the account that pays.')),
    toAccountId: Type.Optional(side('UUID of the account that is paid.')),
    amount: Type.Optional(amount),
    legs: Type.Optional(
      Type.Array(
        Type.Object(
          {
            from: side('UUID of the account that pays.'),
            to: side('UUID of the account that is paid.'),
            amount,
          },
          { additionalProperties: false },
        ),
        {
          minItems: 1,
          maxItems: MAX_LEGS,
          description: 'In place of the three members above: several at once, all or nothing.',
        },
      ),
    ),
    reference,
  },
  {
    additionalProperties: false,
    oneForm: [{ required: ['fromAccountId', 'toAccountId', 'amount'] }, { required: ['legs'] }],
  },
);

const accountAfter = Type.Object({
  accountId: Type.String(),
  balance: Type.String(),
  version: Type.Integer(),
});

export const TransferAnswer = Type.Object(
  {
    transferId: Type.String(),
    amount: Type.Optional(Type.String()),
    currency: Type.Optional(Type.String()),
    legs: Type.Optional(
      Type.Array(
        Type.Object({
          fromAccountId: Type.String(),
          toAccountId: Type.String(),
          amount: Type.String(),
          currency: Type.String(),
        }),
      ),
    ),
    reference: Type.Union([Type.String(), Type.Null()]),
    from: Type.Optional(accountAfter),
    to: Type.Optional(accountAfter),
    accounts: Type.Optional(Type.Array(accountAfter)),
    sequence: Type.Integer({ description: 'Stream sequence of its last event.' }),
  },
  { description: 'The transfer: of one leg with from and to, of several with legs and accounts.' },
);

export const HoldBody = Type.Object(
  {
    amount,
    expiresAt: Type.Optional(
      Type.String({
        description:
          `RFC 3339: when it is released by itself, at most ${MAX_HOLD_DAYS} days ahead; ` +
          'without, it stays until it is ended.',
        examples: ['2026-12-24T18:00:00Z'],
      }),
    ),
    reference,
  },
  { additionalProperties: false },
);

export const CaptureBody = Type.Object(
  { amount: Type.Optional(Amount('Of the hold, the rest of it is released; default all.')) },
  MAY_BE_MISSING,
);

const money = Type.Optional(Type.String());

export const HoldAnswer = Type.Object(
  {
    holdId: Type.String(),
    amount: money,
    captured: money,
    released: money,
    currency: Type.String(),
    expiresAt: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    reference: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    account: AccountAnswer,
  },
  { description: 'What became of the hold, and the account after it.' },
);

const reason = Text('Why', 'Card reported stolen');
export const ReasonBody = Type.Object({ reason }, { additionalProperties: false });
export const OptionalReasonBody = Type.Object({ reason: Type.Optional(reason) }, MAY_BE_MISSING);
export const EmptyBody = Type.Object({}, MAY_BE_MISSING);
export const LimitBody = Type.Object(
  { limit: Amount('How far below 0 the balance may go; 0 for not at all.') },
  { additionalProperties: false },
);
