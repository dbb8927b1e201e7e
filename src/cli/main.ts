#!/usr/bin/env node
import { CliError } from './cli-error.ts';

const HELP = `jetbank: operates a jetbank ledger

  jetbank decode            one Avro payload on stdin to one line of JSON on stdout
  jetbank streams apply     makes the streams and consumers of streams/ that are missing,
                            and reports where the server differs from them
  jetbank projections ...   status, rebuild, verify and more: jetbank projections --help

Settings come from the environment: NATS_URL, NATS_USER, NATS_PASSWORD (or NATS_PASSWORD_FILE),
NATS_CREDS_FILE, STREAM_REPLICAS, PROJECTION_GROUPS, MONGO_URI.

Examples
  nats stream get ACCOUNTS 1 --translate 'npx jetbank decode'
  nats sub --stream ACCOUNTS --all --terminate-at-end --translate 'npx jetbank decode'
  STREAM_REPLICAS=3 npx jetbank streams apply
`;

/** Each command's code is loaded only when it runs: decode is started once a message. */
async function run(args: readonly string[]): Promise<void> {
  const [command, subcommand] = args;
  switch (command) {
    case 'decode':
      return (await import('./decode.ts')).decode();
    case 'streams':
      if (subcommand !== 'apply') throw new CliError('"jetbank streams" knows: apply');
      return (await import('./streams.ts')).applyStreams(process.env);
    case 'projections':
      return (await import('./projections.ts')).projections(args.slice(1), process.env);
    case undefined:
    case 'help':
    case '--help':
    case '-h':
      process.stdout.write(HELP);
      return;
    default:
      throw new CliError(`there is no command "${command}"; "jetbank --help" lists them`);
  }
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Error)) throw error;
  const expected = ['CliError', 'ConfigError', 'RebuildError', 'LogSetBackError'].includes(
    error.name,
  );
  process.stderr.write(`jetbank: ${expected ? error.message : (error.stack ?? error.message)}\n`);
  process.exitCode = 1;
}
