import type { Command } from '../command.ts';

/** What keeps the log outside the servers, and brings it back. */
export const backupCommands: readonly Command[] = [
  {
    name: 'backup',
    usage: 'DIR [--json]',
    summary:
      'writes the log to a new folder, with its sequences and times, while the services go on',
    details: `What was written is read back, and its count, sequences and digest are recorded in the folder. Read models,
snapshots and timers are made again from the log. Bring it back with "jetbank restore", not with "nats stream restore":
that takes the folder too, but what it makes can end with half of an append.

  --json   one line of JSON`,
    examples: ['npx jetbank backup /backups/2026-11-27'],
    run: async (args, variables) => (await import('./backup.ts')).backup(args, variables),
  },
  {
    name: 'restore',
    usage: 'DIR [--replicas N] [--json]',
    summary: 'makes the log of a backup where there is none, and holds it against the backup',
    details: `Stop the services first. A backup that is damaged or cut off is refused before anything is changed, and so is a
server that has another log. Where the log is there already and equals the backup, it is only checked. Where a restore broke off,
what it left is no log, and no service works with it; call it again. The timers of open holds are set again, and snapshots of accounts are removed.
Then: "jetbank streams apply", and "jetbank projections rebuild accounts" where MongoDB has read models.

  --replicas N   copies of the stream, 1 to 5; default as many as it had
  --json         one line of JSON`,
    examples: ['npx jetbank restore /backups/2026-11-27'],
    run: async (args, variables) => (await import('./restore.ts')).restore(args, variables),
  },
];
