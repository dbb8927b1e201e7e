import type { Command } from './command.ts';

/** What looks into the ledger. */
export const ledgerCommands: readonly Command[] = [
  {
    name: 'verify',
    usage: '[--json]',
    summary:
      'checks the invariants over the whole log, the snapshots and the read models against it',
    details: `Looks at every event up to the log's end as it stands at the start; services may go on.
It tells the findings in the order of the log, the first one being the one to begin with, and what
to do about each kind. Exit code 1 when there is one.

  I1  money is neither made nor lost; both sides of every transfer stand in one append
  I2  no message of the log is gone
  I3  no idempotency key that the account remembers took effect twice
  I4  snapshots and read models are what the events make, and there are none too many
  I5  no account is out of more than its balance and overdraft limit allow
  I6  each account's versions are 1, 2, 3 ..., and every event can be read and follows the one before

  --json   one line of JSON; money in minor units`,
    examples: ['npx jetbank verify', "npx jetbank verify --json | jq '.first'"],
    run: async (args, variables) => (await import('./verify.ts')).verify(args, variables),
  },
];
