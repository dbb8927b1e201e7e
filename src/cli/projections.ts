import type { Environment } from '../platform/environment.ts';
import { accountProjection } from '../projections/account-projection.ts';
import type { Build } from '../projections/build.ts';
import { buildToServe, controlStore } from '../projections/control.ts';
import { parkedCollection, parkedStore } from '../projections/parked.ts';
import { readModelStore } from '../projections/read-model-store.ts';
import { expectOwnShape } from '../projections/rebuild-target.ts';
import { retryParked } from '../projections/retry-parked.ts';
import { projectionStatus } from '../projections/status.ts';
import type { BuildStatus, ProjectionStatus } from '../projections/status.ts';
import { CliError } from './cli-error.ts';
import { withConnections } from './connections.ts';
import type { Connections } from './connections.ts';
import { counted } from './counted.ts';
import { liveBuild } from './live-build.ts';
import { projectionsArgs } from './projections-args.ts';
import type { ProjectionsCommand } from './projections-args.ts';
import { rebuildProjection } from './rebuild.ts';
import { verifyProjection } from './verify-projection.ts';

export async function projections(
  command: ProjectionsCommand,
  args: readonly string[],
  variables: Environment,
): Promise<void> {
  const { accountIds, json, ...flags } = projectionsArgs(command, args);
  await withConnections(variables, async (connections) => {
    switch (command) {
      case 'status':
        return showStatus(connections, json);
      case 'verify':
        return verifyProjection(connections, await liveBuild(connections), json);
      case 'rebuild':
        return rebuildProjection(connections, flags);
      case 'retry-parked':
        return retry(connections, accountIds);
      case 'pause':
      case 'resume':
        return pause(connections, command === 'pause');
    }
  });
}

async function showStatus({ db, jsm, events }: Connections, json: boolean): Promise<void> {
  const [status, logSequence] = await Promise.all([
    projectionStatus(db, jsm, accountProjection.name, Date.now()),
    events.lastSequence(),
  ]);
  if (status === undefined) throw new CliError('no service has projected into this database yet');
  if (json) print(JSON.stringify({ ...status, logSequence }));
  else printStatus(status, logSequence);
}

function printStatus({ name, paused, builds }: ProjectionStatus, logSequence: number): void {
  print(`${name}${paused ? ' (paused)' : ''}: the log is at stream sequence ${logSequence}`);
  for (const build of builds) {
    print(`  build ${build.number}, ${build.state}`);
    for (const { id, sequence, lagEvents, lagSeconds } of build.groupStatus) {
      const lag =
        lagEvents === undefined
          ? 'no consumer'
          : `${counted(lagEvents, 'event')} and ${lagSeconds.toFixed(1)} s behind`;
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
  const build = await buildToRetry({ db });
  const parked = parkedStore(parkedCollection(db, accountProjection.name, build));
  const waiting = await parked.list(Number.MAX_SAFE_INTEGER);
  const stranger = accountIds.find((id) => !waiting.some(({ accountId }) => accountId === id));
  if (stranger !== undefined) throw new CliError(`${stranger} is not parked`);
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
    print(`${report.accountId}: ${counted(report.events, 'event')}, ${outcome}`);
  }
  print(`${wanted.length} tried, ${still} still parked`);
  if (still > 0) process.exitCode = 1;
}

/** What this release's services answer from. */
async function buildToRetry({ db }: Pick<Connections, 'db'>): Promise<Build> {
  const control = await controlStore(db, accountProjection.name).read();
  const served = control && buildToServe(control, accountProjection);
  if (served !== undefined) return served;
  const build = await liveBuild({ db });
  expectOwnShape(accountProjection, build);
  return build;
}

async function pause(connections: Connections, paused: boolean): Promise<void> {
  const { db, events } = connections;
  // Where there is no log, it is most likely the wrong server.
  await events.lastSequence();
  await liveBuild(connections);
  await controlStore(db, accountProjection.name).pause(paused);
  print(
    `${accountProjection.name}: ${paused ? 'paused' : 'resumed'}; services follow within a second`,
  );
}

const print = (line: string) => void process.stdout.write(`${line}\n`);
