import type { Command } from './command.ts';
import { projectionsCommands } from './projections-commands.ts';

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
  {
    name: 'streams apply',
    usage: '',
    summary: 'makes the streams and consumers of streams/ that are missing',
    details: 'Where the server differs from streams/ it says so, and changes nothing.',
    examples: ['npx jetbank streams apply', 'STREAM_REPLICAS=3 npx jetbank streams apply'],
    run: async (args, variables) => (await import('./streams.ts')).applyStreams(args, variables),
  },
  ...projectionsCommands,
];
