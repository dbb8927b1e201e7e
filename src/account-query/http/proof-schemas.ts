import { Type } from 'typebox';
import { minSequence } from './schemas.ts';

export const ProofQuery = Type.Object({ minSequence }, { additionalProperties: false });

const CurrencyProofView = Type.Object({
  currency: Type.String(),
  accounts: Type.Integer({ description: 'How many accounts there are in it.' }),
  deposited: Type.String({ description: 'Decimal: opening balances and deposits.' }),
  withdrawn: Type.String({ description: 'Decimal: withdrawals and captured holds.' }),
  received: Type.String({ description: 'Decimal: what came from other accounts.' }),
  sent: Type.String({
    description: 'Decimal: what went to other accounts; while money moves not always what came.',
  }),
  balances: Type.String({ description: 'Decimal: all balances added up.' }),
  held: Type.String({ description: 'Decimal: what open holds have set aside of the balances.' }),
  overdrawn: Type.String({ description: 'Decimal: what accounts below 0 are below it.' }),
  agrees: Type.Boolean({
    description:
      'Whether deposited less withdrawn, with received less sent, is what is there. What went ' +
      'through one account is counted modulo 2^64 minor units, and compared so.',
  }),
});

const TransferProofView = Type.Object({
  compared: Type.Boolean({
    description:
      'Whether the two sides of transfers could be compared: with what the log has beyond the read ' +
      'models, unless that is too much, or the log is away.',
  }),
  sequence: Type.Union([Type.Integer(), Type.Null()], {
    description: 'Stream sequence at which they were compared; null where they were not.',
  }),
  agrees: Type.Union([Type.Boolean(), Type.Null()], {
    description:
      'Whether received and sent are the same in every currency there; null where they were not ' +
      'compared. A parked account lacks its side.',
  }),
});

export const ProofView = Type.Object({
  sequence: Type.Integer({
    description: 'Stream sequence: every event up to it is counted; later ones may be.',
  }),
  agrees: Type.Boolean({
    description: 'Whether every currency agrees, and transfers do where they were compared.',
  }),
  transfers: TransferProofView,
  currencies: Type.Array(CurrencyProofView),
});
