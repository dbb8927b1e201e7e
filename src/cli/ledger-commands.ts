import type { Command } from './command.ts';

/** An account of the examples. */
const ID = '9ac3f07f-4994-43f3-9e59-b58d22ec8350';

/** What looks into the ledger. */
export const ledgerCommands: readonly Command[] = [
  {
    name: 'verify',
    usage: '[--json]',
    summary:
      'checks the invariants over the whole log, the snapshots and the read models against it',
    details: `Looks at every event up to the log's end as it stands at the start; services may go on.
It tells the findings in the order of the log, the first one being the one to begin with, and what
to do about each kind. Exit code 1 when there is one, and where MongoDB is away: then the read models
are not looked at, and all else is.

  I1  money is neither made nor lost; both sides of every transfer stand in one append
  I2  no message of the log is gone
  I3  no idempotency key that the account remembers took effect twice
  I4  snapshots and read models are what the events make, and there are none too many
  I5  no account is out of more than its balance and overdraft limit allow
  I6  each account's versions are 1, 2, 3 ..., and every event can be read and follows the one before

  --json   one line of JSON; money as decimal strings`,
    examples: ['npx jetbank verify', "npx jetbank verify --json | jq '.first'"],
    run: async (args, variables) => (await import('./verify.ts')).verify(args, variables),
  },
  {
    name: 'accounts show',
    usage: 'ID [--json]',
    summary: 'what the log, the snapshot and the read model say of one account, beside each other',
    details: `The snapshot and the read model are compared with the events up to their own version: to be behind
is not wrong. Exit code 1 when one of them is wrong, or the events do not follow one another.`,
    examples: [`npx jetbank accounts show ${ID}`, `npx jetbank accounts show ${ID} --json`],
    run: async (args, variables) => (await import('./accounts.ts')).showAccount(args, variables),
  },
  {
    name: 'events',
    usage: 'ID [--from-version N] [--follow] [--json]',
    summary: 'the events of one account as the log has them, one a line',
    details: `Each line has the stream sequence, the version, the time, the type, and what else the event says.

  --from-version N   begins with the account's version N
  --follow           goes on with what is appended, until Ctrl-C
  --json             one line of JSON an event

Exit code 1 when the log has no such account, or an event cannot be read.`,
    examples: [
      `npx jetbank events ${ID}`,
      `npx jetbank events ${ID} --from-version 100 --follow`,
      `npx jetbank events ${ID} --json | jq -r 'select(.type == "MoneyDeposited").amount'`,
    ],
    run: async (args, variables) => (await import('./events.ts')).showEvents(args, variables),
  },
  {
    name: 'snapshots show',
    usage: 'ID [--json]',
    summary: 'the snapshot of one account as it stands in the bucket',
    details: 'Exit code 1 when there is none, or it cannot be used.',
    examples: [`npx jetbank snapshots show ${ID}`],
    run: async (args, variables) => (await import('./snapshots.ts')).showSnapshot(args, variables),
  },
  {
    name: 'snapshots rebuild',
    usage: 'ID ... | --all [--json]',
    summary: 'folds the log and writes the snapshots of these accounts, or of all',
    details: `Services may go on: what one of them writes at the same time is not written over.
Exit code 1 when an account's events cannot be folded, or there is no such account.`,
    examples: [`npx jetbank snapshots rebuild ${ID}`, 'npx jetbank snapshots rebuild --all'],
    run: async (args, variables) =>
      (await import('./snapshots.ts')).rebuildSnapshots(args, variables),
  },
];
