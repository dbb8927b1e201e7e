import { SHARDS } from '../event-store/subjects.ts';
import { accountProjection } from '../projections/account-projection.ts';
import { accountIds, noOperands, readArguments, UsageError } from './arguments.ts';

const OPTIONS = {
  json: { type: 'boolean' },
  groups: { type: 'string' },
  verify: { type: 'boolean' },
  rollback: { type: 'boolean' },
  abandon: { type: 'boolean' },
} as const;

type Flag = keyof typeof OPTIONS;
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
  /** Account ids of `retry-parked`. */
  readonly accountIds: readonly string[];
  readonly json: boolean;
  readonly groups: number | undefined;
  readonly verify: boolean;
  readonly rollback: boolean;
  readonly abandon: boolean;
}

/** @throws UsageError saying what is wrong, before anything is done. */
export function projectionsArgs(
  command: ProjectionsCommand,
  args: readonly string[],
): ProjectionsArgs {
  const { values, positionals: operands } = readArguments(args, OPTIONS);
  const { flags, operands: wanted }: { flags: readonly string[]; operands: Operands } =
    COMMANDS[command];
  const unknown = Object.keys(values).find((flag) => !flags.includes(flag));
  if (unknown !== undefined) {
    throw new UsageError(`"projections ${command}" does not know --${unknown}`);
  }
  checkOperands(command, wanted, operands);
  const { json = false, verify = false, rollback = false, abandon = false } = values;
  const groups = groupsIn(values.groups);
  const others = verify || groups !== undefined;
  if ((rollback && abandon) || ((rollback || abandon) && others)) {
    throw new UsageError('--rollback and --abandon stand alone');
  }
  return { accountIds: operands, json, groups, verify, rollback, abandon };
}

function checkOperands(command: string, wanted: Operands, operands: readonly string[]): void {
  const { name } = accountProjection;
  const [first, ...more] = operands;
  if (wanted === 'projection' && (first !== name || more.length > 0)) {
    throw new UsageError(`name one projection: "jetbank projections ${command} ${name}"`);
  }
  if (wanted === 'none') noOperands(operands);
  if (wanted === 'accounts') accountIds(operands);
}

function groupsIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const groups = Number(text);
  if (/^\d+$/.test(text) && groups >= 1 && groups <= SHARDS) return groups;
  throw new UsageError(`--groups must be a whole number from 1 to ${SHARDS}`);
}
