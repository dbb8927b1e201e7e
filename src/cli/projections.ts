import { parseArgs } from 'node:util';
import { STREAM } from '../event-store/jetstream/names.ts';
import type { Environment } from '../platform/environment.ts';
import { messageOf } from '../platform/message-of.ts';
import { accountProjection } from '../projections/account-projection.ts';
import type { Build } from '../projections/build.ts';
import { controlStore } from '../projections/control.ts';
import { parkedCollection, parkedStore } from '../projections/parked.ts';
import { readModelStore } from '../projections/read-model-store.ts';
import { retryParked } from '../projections/retry-parked.ts';
import { projectionStatus } from '../projections/status.ts';
import type { BuildStatus, ProjectionStatus } from '../projections/status.ts';
import { CliError } from './cli-error.ts';
import { withConnections } from './connections.ts';
import type { Connections } from './connections.ts';
import { rebuildProjection } from './rebuild.ts';
import { verifyProjection } from './verify.ts';

export const PROJECTIONS_HELP = `jetbank projections: operates the read models

  jetbank projections status [--json]         builds, positions, lag, parked accounts
  jetbank projections rebuild accounts        makes a new build from the log beside the live one, checks it,
                                              and makes it the live one; queries are answered all the time
      --groups N                              spreads it over N groups of shards, 1 to 32
      --verify                                checks every document and line against the log, not a sample
      --rollback                              goes back to the build before the live one
      --abandon                               removes what a rebuild that was broken off has left
  jetbank projections verify [--json]         folds the log and compares every document and line of the live build
  jetbank projections retry-parked [ID ...]   applies what waits of parked accounts; all of them by default
  jetbank projections pause accounts          stops projecting in every service; queries go on
  jetbank projections resume accounts

Settings come from the environment: NATS_URL and its kin, MONGO_URI.
`;

const OPTIONS = {
  json: { type: 'boolean' },
  groups: { type: 'string' },
  verify: { type: 'boolean' },
  rollback: { type: 'boolean' },
  abandon: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

export async function projections(args: readonly string[], variables: Environment): Promise<void> {
  const { values, positionals } = parse(args);
  const [command, ...operands] = positionals;
  if (command === undefined || values.help === true) {
    process.stdout.write(PROJECTIONS_HELP);
    return;
  }
  await withConnections(variables, async (connections) => {
    switch (command) {
      case 'status':
        return showStatus(connections, values.json === true);
      case 'verify':
        return verifyProjection(connections, await liveBuild(connections), values.json === true);
      case 'rebuild':
        named(operands);
        return rebuildProjection(connections, { ...values, groups: groupsIn(values.groups) });
      case 'retry-parked':
        return retry(connections, operands);
      case 'pause':
      case 'resume':
        named(operands);
        return pause(connections, command === 'pause');
      default:
        throw new CliError(
          `there is no "projections ${command}"; "jetbank projections --help" lists them`,
        );
    }
  });
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new CliError(messageOf(error));
  }
}

function named([name]: readonly string[]): void {
  if (name === accountProjection.name) return;
  throw new CliError(`name the projection; there is one: ${accountProjection.name}`);
}

function groupsIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const groups = Number(text);
  if (Number.isInteger(groups) && groups >= 1 && groups <= 32) return groups;
  throw new CliError('--groups must be a whole number from 1 to 32');
}

async function liveBuild({ db }: Connections): Promise<Build> {
  const control = await controlStore(db, accountProjection.name).read();
  const build = control?.builds.find(({ number }) => number === control.live);
  if (build !== undefined) return build;
  throw new CliError('no service has projected into this database yet: start account-query first');
}

async function showStatus({ db, jsm }: Connections, json: boolean): Promise<void> {
  const [status, { state }] = await Promise.all([
    projectionStatus(db, jsm, accountProjection.name, Date.now()),
    jsm.streams.info(STREAM),
  ]);
  if (status === undefined) throw new CliError('no service has projected into this database yet');
  if (json) print(JSON.stringify({ ...status, logSequence: state.last_seq }));
  else printStatus(status, state.last_seq);
}

function printStatus({ name, paused, builds }: ProjectionStatus, logSequence: number): void {
  print(`${name}${paused ? ' (paused)' : ''}: the log is at stream sequence ${logSequence}`);
  for (const build of builds) {
    print(`  build ${build.number}, ${build.state}`);
    for (const { id, sequence, lagEvents, lagSeconds } of build.groupStatus) {
      const lag =
        lagEvents === undefined
          ? 'no consumer'
          : `${lagEvents} events and ${lagSeconds.toFixed(1)} s behind`;
      print(`    ${id}: at ${sequence}, ${lag}`);
    }
    printParked(build);
  }
}

function printParked({ parkedCount, parked }: BuildStatus): void {
  if (parkedCount === 0) return;
  print(`    ${parkedCount} parked: mend the cause, then "jetbank projections retry-parked"`);
  for (const { accountId, sequence, attempts, error } of parked) {
    print(`      ${accountId} at stream sequence ${sequence}, tried ${attempts} times: ${error}`);
  }
}

async function retry({ db, events }: Connections, accountIds: readonly string[]): Promise<void> {
  const build = await liveBuild({ db } as Connections);
  const parked = parkedStore(parkedCollection(db, accountProjection.name, build));
  const waiting = await parked.list(Number.MAX_SAFE_INTEGER);
  const wanted =
    accountIds.length === 0
      ? waiting
      : waiting.filter(({ accountId }) => accountIds.includes(accountId));
  const store = readModelStore(db, accountProjection, build);
  let still = 0;
  for (const account of wanted) {
    const report = await retryParked({ projection: accountProjection, store, events }, account);
    if (report.parked !== undefined) still += 1;
    const outcome =
      report.parked === undefined ? 'applied' : `still parked: ${report.parked.error}`;
    print(`${report.accountId}: ${report.events} events, ${outcome}`);
  }
  print(`${wanted.length} tried, ${still} still parked`);
  if (still > 0) process.exitCode = 1;
}

async function pause({ db }: Connections, paused: boolean): Promise<void> {
  await controlStore(db, accountProjection.name).pause(paused);
  print(
    `${accountProjection.name}: ${paused ? 'paused' : 'resumed'}; services follow within a second`,
  );
}

const print = (line: string) => void process.stdout.write(`${line}\n`);
