import { parseArgs } from 'node:util';
import { SHARDS } from '../event-store/subjects.ts';
import { messageOf } from '../platform/message-of.ts';
import { accountProjection } from '../projections/account-projection.ts';
import { CliError } from './cli-error.ts';

export const PROJECTIONS_HELP = `jetbank projections: operates the read models

  jetbank projections status [--json]         builds, positions, lag, parked accounts
  jetbank projections rebuild accounts        makes a new build from the log beside the live one, checks it,
                                              and makes it the live one; queries are answered all the time.
                                              One that was broken off is taken up where it stood
      --groups N                              spreads it over N groups of shards, 1 to ${SHARDS};
                                              default as many as the live one has
      --verify                                checks every document and line against the log, not a sample
      --rollback                              goes back to the build before the live one
      --abandon                               removes what a rebuild that was broken off has left
  jetbank projections verify [--json]         folds the log and compares every document and line of the live
                                              build; exit code 1 when something differs
  jetbank projections retry-parked [ID ...]   applies what waits of parked accounts; all of them by default;
                                              exit code 1 when one is still parked
  jetbank projections pause accounts          stops projecting in every service; queries go on
  jetbank projections resume accounts         goes on where it stopped

Settings come from the environment: NATS_URL and its kin, MONGO_URI.
`;

const OPTIONS = {
  json: { type: 'boolean' },
  groups: { type: 'string' },
  verify: { type: 'boolean' },
  rollback: { type: 'boolean' },
  abandon: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Flag = Exclude<keyof typeof OPTIONS, 'help'>;
type Operands = 'none' | 'projection' | 'accounts';

const COMMANDS = {
  status: { operands: 'none', flags: ['json'] },
  verify: { operands: 'none', flags: ['json'] },
  rebuild: { operands: 'projection', flags: ['groups', 'verify', 'rollback', 'abandon'] },
  'retry-parked': { operands: 'accounts', flags: [] },
  pause: { operands: 'projection', flags: [] },
  resume: { operands: 'projection', flags: [] },
} as const satisfies Record<string, { operands: Operands; flags: readonly Flag[] }>;

export type ProjectionsCommand = keyof typeof COMMANDS;

export interface ProjectionsArgs {
  readonly command: ProjectionsCommand;
  /** Account ids of `retry-parked`. */
  readonly accountIds: readonly string[];
  readonly json: boolean;
  readonly groups: number | undefined;
  readonly verify: boolean;
  readonly rollback: boolean;
  readonly abandon: boolean;
}

/** Undefined when help is asked for. @throws CliError saying what is wrong, before anything is done. */
export function projectionsArgs(args: readonly string[]): ProjectionsArgs | undefined {
  const { values, positionals } = parse(args);
  const [command, ...operands] = positionals;
  if (command === undefined || values.help === true) return undefined;
  if (!isCommand(command)) {
    throw new CliError(
      `there is no "projections ${command}"; "jetbank projections --help" lists them`,
    );
  }
  const { flags, operands: wanted }: { flags: readonly string[]; operands: Operands } =
    COMMANDS[command];
  const unknown = Object.keys(values).find((flag) => !flags.includes(flag));
  if (unknown !== undefined) {
    throw new CliError(`"projections ${command}" does not know --${unknown}`);
  }
  checkOperands(command, wanted, operands);
  const { json = false, verify = false, rollback = false, abandon = false } = values;
  const groups = groupsIn(values.groups);
  const others = verify || groups !== undefined;
  if ((rollback && abandon) || ((rollback || abandon) && others)) {
    throw new CliError('--rollback and --abandon stand alone');
  }
  return { command, accountIds: operands, json, groups, verify, rollback, abandon };
}

const isCommand = (text: string): text is ProjectionsCommand => Object.hasOwn(COMMANDS, text);

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new CliError(messageOf(error));
  }
}

function checkOperands(command: string, wanted: Operands, operands: readonly string[]): void {
  const { name } = accountProjection;
  const [first, ...more] = operands;
  if (wanted === 'projection' && (first !== name || more.length > 0)) {
    throw new CliError(`name one projection: "jetbank projections ${command} ${name}"`);
  }
  if (wanted === 'none' && first !== undefined) {
    throw new CliError(`"projections ${command}" takes no "${first}"`);
  }
}

function groupsIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const groups = Number(text);
  if (/^\d+$/.test(text) && groups >= 1 && groups <= SHARDS) return groups;
  throw new CliError(`--groups must be a whole number from 1 to ${SHARDS}`);
}
