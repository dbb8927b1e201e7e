import type { Command } from './command.ts';
import { keysCommands } from './keys-commands.ts';
import { ledgerCommands } from './ledger-commands.ts';
import { doctorCommands } from './doctor/doctor-commands.ts';
import { backupCommands } from './backup/backup-commands.ts';
import { projectionsCommands } from './projections-commands.ts';
import { streamsCommands } from './streams/streams-commands.ts';

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  {
    name: 'decode',
    usage: '',
    summary: 'one Avro payload on stdin to one line of JSON on stdout',
    examples: [
      "nats stream get ACCOUNTS 1 --translate 'npx jetbank decode'",
      "nats sub --stream ACCOUNTS --all --terminate-at-end --translate 'npx jetbank decode'",
    ],
    run: async (args) => (await import('./decode.ts')).decode(args),
  },
  ...doctorCommands,
  ...ledgerCommands,
  ...streamsCommands,
  ...backupCommands,
  ...projectionsCommands,
  ...keysCommands,
];
