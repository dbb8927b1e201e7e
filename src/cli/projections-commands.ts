import type { Command } from './command.ts';
import type { ProjectionsCommand } from './projections-args.ts';

const run =
  (command: ProjectionsCommand): Command['run'] =>
  async (args, variables) =>
    (await import('./projections.ts')).projections(command, args, variables);

/** What operates the read models. */
export const projectionsCommands: readonly Command[] = [
  {
    name: 'projections status',
    usage: '[--json]',
    summary: 'builds, positions, lag, parked accounts',
    examples: ['npx jetbank projections status', 'npx jetbank projections status --json'],
    run: run('status'),
  },
  {
    name: 'projections rebuild',
    usage: 'accounts [--groups N] [--verify] | --rollback | --abandon',
    summary: 'makes a new build from the log and, once it is right, the live one',
    details: `Queries are answered all the time. A rebuild that was broken off is taken up where it stood.

  --groups N   spreads it over N groups of shards, 1 to 32; default as many as the live one has
  --verify     checks every document and line against the log, not a sample
  --rollback   goes back to the build before the live one, where that is of this release's shape
  --abandon    removes what a rebuild that was broken off has left`,
    examples: [
      'npx jetbank projections rebuild accounts',
      'npx jetbank projections rebuild accounts --groups 4 --verify',
      'npx jetbank projections rebuild accounts --rollback',
    ],
    run: run('rebuild'),
  },
  {
    name: 'projections verify',
    usage: '[--json]',
    summary: 'folds the log and compares every document and line of the live build',
    details: 'Exit code 1 when something differs.',
    examples: ['npx jetbank projections verify', 'npx jetbank projections verify --json'],
    run: run('verify'),
  },
  {
    name: 'projections retry-parked',
    usage: '[ID ...]',
    summary: 'applies what waits of parked accounts; all of them by default',
    details: 'Exit code 1 when one is still parked.',
    examples: ['npx jetbank projections retry-parked'],
    run: run('retry-parked'),
  },
  {
    name: 'projections pause',
    usage: 'accounts',
    summary: 'stops projecting in every service; queries go on',
    examples: ['npx jetbank projections pause accounts'],
    run: run('pause'),
  },
  {
    name: 'projections resume',
    usage: 'accounts',
    summary: 'goes on where it stopped',
    examples: ['npx jetbank projections resume accounts'],
    run: run('resume'),
  },
];
