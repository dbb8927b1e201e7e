import type { Command } from '../command.ts';
import type { StreamsCommand } from './streams-args.ts';

const run =
  (command: StreamsCommand): Command['run'] =>
  async (args, variables) =>
    (await import('./streams.ts')).streams(command, args, variables);

const REPLICAS = `  --replicas N            copies of each stream, 1 to 5; default STREAM_REPLICAS, else as many as there are,
                          and for the first streams 1`;
const FEWER = '  --allow-fewer-replicas  lets copies be taken away';
const BUILDS = `With MONGO_URI set, the consumers of the live build of the read models and of the one before it are looked for,
which MongoDB alone knows; without, after a rebuild, only those of builds that have a consumer left.`;
const JSON_FLAG = '  --json                  one line of JSON';

/** What holds the server's streams and consumers against `streams/`. */
export const streamsCommands: readonly Command[] = [
  {
    name: 'streams diff',
    usage: '[--replicas N] [--json]',
    summary: 'every setting in which the server differs from streams/',
    details: `Exit code 1 when one differs, or a stream or consumer is missing. What the server fills in by itself is no
difference, nor is metadata that others have put there.
${BUILDS}

${REPLICAS}
${JSON_FLAG}`,
    examples: ['npx jetbank streams diff', 'npx jetbank streams diff --json'],
    run: run('diff'),
  },
  {
    name: 'streams plan',
    usage: '[--replicas N] [--allow-fewer-replicas] [--json]',
    summary: 'what "streams apply" would do, what it would refuse, and why',
    details: `Exit code 1 when it would refuse something.
${BUILDS}

${REPLICAS}
${FEWER}
${JSON_FLAG}`,
    examples: ['npx jetbank streams plan', 'npx jetbank streams plan --replicas 3'],
    run: run('plan'),
  },
  {
    name: 'streams apply',
    usage: '[--replicas N] [--allow-fewer-replicas] [--json]',
    summary: 'makes what is missing of streams/ and changes what is safe to change',
    details: `It refuses what would lose events, such as a limit on the log, another retention or storage, a subject that
goes, a protection against deletion that is taken back, and settings that jetbank does not know; it says
what to do instead, and the exit code is 1. Streams and consumers of other names are left alone. The same
again does nothing.
${BUILDS}

${REPLICAS}
${FEWER}
${JSON_FLAG}`,
    examples: [
      'npx jetbank streams apply',
      'npx jetbank streams apply --replicas 3',
      'nats stream add --config streams/ACCOUNTS.json    # the same stream, made by the nats CLI',
    ],
    run: run('apply'),
  },
];
