import { messageOf } from '../platform/message-of.ts';
import { accountProjection } from '../projections/account-projection.ts';
import type { AccountDocument } from '../projections/accounts.ts';
import type { Build } from '../projections/build.ts';
import { fewerAccounts, sampleDifferences } from '../projections/sample.ts';
import { rebuild, rollBack } from '../projections/rebuild.ts';
import type { RebuildOptions } from '../projections/rebuild.ts';
import { removeUnfinished } from '../projections/remove-unfinished.ts';
import { CliError } from './cli-error.ts';
import type { Connections } from './connections.ts';
import { counted } from './counted.ts';
import { progressBar } from './progress-bar.ts';
import { verifyAgainstLog } from './verify-projection.ts';

export interface RebuildFlags {
  readonly groups: number | undefined;
  readonly verify: boolean;
  readonly rollback: boolean;
  readonly abandon: boolean;
}

/** Documents of a build that are compared with the log where not all are. */
const SAMPLE = 1_000;

/** Ctrl-C breaks it off; the next call takes it up where it stood. */
export async function rebuildProjection(
  connections: Connections,
  { groups, verify, rollback, abandon }: RebuildFlags,
): Promise<void> {
  const { db, events } = connections;
  const projection = accountProjection;
  const abort = new AbortController();
  const interrupt = () => abort.abort(new CliError('broken off; call it again to go on'));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const bar = progressBar('events');

  /** In a sentence, what keeps the new build from being made the live one. */
  async function objection(fresh: Build, live: Build): Promise<string | undefined> {
    // The live one may have accounts that the log does not: then only the whole log tells.
    const fewer = verify ? undefined : await fewerAccounts(db, projection, fresh, live);
    if (fewer !== undefined) options.report.step(`${fewer}: comparing all of them with the log`);
    const { differences, count } = await differencesOf(fresh, verify || fewer !== undefined);
    const [first] = differences;
    if (first === undefined) return undefined;
    return (
      `build ${fresh.number} is not what the log says, in ${count} places; the first: ` +
      `${first.collection} ${first.id} ${first.detail} (stream sequence ${first.sequence})`
    );
  }

  /** The first differences, and how many there are of all, or of a sample. */
  async function differencesOf(build: Build, all: boolean) {
    if (all) {
      const report = await verifyAgainstLog(connections, build, abort.signal);
      return { differences: report.differences, count: report.differenceCount };
    }
    const differences = await sampleDifferences({ projection, db, events, build }, SAMPLE);
    return { differences, count: differences.length };
  }

  const options: RebuildOptions<AccountDocument> = {
    projection,
    ...connections,
    ...(groups !== undefined && { groups }),
    provision: true,
    signal: abort.signal,
    observer: () => quiet,
    check: objection,
    report: {
      step(what) {
        bar.end();
        process.stderr.write(`${what}\n`);
      },
      replayed: (done, total) => bar.update(done, total),
    },
  };
  try {
    await run();
  } finally {
    bar.end();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }

  async function run(): Promise<void> {
    if (abandon) {
      const removed = await removeUnfinished(options);
      process.stdout.write(
        `${counted(removed.length, 'unfinished build', 'unfinished builds')} removed\n`,
      );
      return;
    }
    const build = rollback ? await rollBack(options) : await rebuild(options);
    process.stdout.write(`build ${build.number} of ${projection.name} is live\n`);
  }
}

const ignored = () => undefined;
const quiet = {
  started: ignored,
  healing: ignored,
  wrote: ignored,
  pending: ignored,
  parked: (accounts: readonly { accountId: string; sequence: number; error: string }[]) => {
    for (const { accountId, sequence, error } of accounts) {
      process.stderr.write(`parked ${accountId} at stream sequence ${sequence}: ${error}\n`);
    }
  },
  failed: (error: unknown, waitMs: number) => {
    const reason = messageOf(error);
    process.stderr.write(`${reason}: trying again in ${waitMs} ms\n`);
  },
};
