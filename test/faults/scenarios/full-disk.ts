import { expect } from 'vitest';
import { eventually } from '../../support/await.ts';
import { startBank } from '../../support/bank.ts';
import type { Bank } from '../../support/bank.ts';
import { metric } from '../../support/metrics.ts';
import { startOwnMongo } from '../../support/own-mongo.ts';
import type { SeededRandom } from '../../support/random.ts';
import type { LoadSize } from '../support/load.ts';
import { failuresOf, notReady } from '../support/projector-log.ts';
import { readFaultRun } from '../support/read-fault-run.ts';
import { readStage } from '../support/read-stage.ts';

const QUIET_COMMANDS = 100;
const FAILURES = 4;
const FAILED_MS = 20_000;
const OUT_OF_DISK_SPACE = 14_031;
const ADVICE = 'MongoDB has no disk space left: make room';

/**
 * MongoDB refuses to write because its disk is full, by its own fail point: the service says what to
 * do, goes on answering from what there is, tries again less and less often, and goes on by itself
 * once there is room. Commands do not notice.
 */
export async function fillDisk(random: SeededRandom, size: LoadSize): Promise<void> {
  const mongo = await startOwnMongo({ parameters: { enableTestCommands: '1' } });
  const bank = await startBank({ database: mongo.database });
  const stage = await readStage(bank);
  const query = stage.query();
  try {
    await readFaultRun(stage, random, size, async (load, note) => {
      for (let fills = 0; fills < size.faults; fills += 1) {
        await load.progress(random.below(QUIET_COMMANDS));
        const command = random.pick(['insert', 'update']);
        const before = failuresOf(query).length;
        await refuse(bank, [command]);
        note(`the disk is full for every ${command}`);
        await eventually(() => failuresOf(query).length >= before + FAILURES, {
          timeoutMs: FAILED_MS,
          what: `${FAILURES} failures of the projector`,
        });
        const failures = failuresOf(query).slice(before, before + FAILURES);
        for (const { reason } of failures) expect(reason).toContain(ADVICE);
        const waits = failures.map(({ waitMs }) => waitMs);
        expect(waits).toEqual(waits.map((_, index) => waits[0]! * 2 ** index));
        const { projection = '', ...others } = await notReady(query);
        expect(projection).toContain(ADVICE);
        expect(others).toEqual({});
        expect((await query.get('/accounts')).status).toBe(200);
        expect(await metric(query.url, 'jetbank_projection_lag_events')).toBeGreaterThan(0);
        await load.progress(size.clients);
        await refuse(bank, []);
        note('there is room again');
        await query.process.ready();
      }
    });
  } finally {
    await stage.stop();
    await mongo.remove();
  }
}

/** From now on these commands of the query service fail; none ends it. */
async function refuse({ db }: Bank, failCommands: readonly string[]): Promise<void> {
  await db.admin().command({
    configureFailPoint: 'failCommand',
    mode: failCommands.length === 0 ? 'off' : 'alwaysOn',
    data: { failCommands, errorCode: OUT_OF_DISK_SPACE, appName: 'account-query' },
  });
}
