import { expect } from 'vitest';
import { startBank } from '../../support/bank.ts';
import { startMongoReplicaSet } from '../../support/mongo-replica-set.ts';
import type { SeededRandom } from '../../support/random.ts';
import type { LoadSize } from '../support/load.ts';
import { readFaultRun } from '../support/read-fault-run.ts';
import { readStage } from '../support/read-stage.ts';

const QUIET_COMMANDS = 200;
/** Told while one of the members is down. */
const DOWN_COMMANDS = 100;
const BACK_MS = 60_000;

/** The primary of a replica set of three steps down, or is killed, under load. */
export async function electPrimaries(random: SeededRandom, size: LoadSize): Promise<void> {
  const mongo = await startMongoReplicaSet();
  const bank = await startBank({ database: mongo.database });
  const stage = await readStage(bank);
  const query = stage.query();
  try {
    await readFaultRun(stage, random, size, async (load, note) => {
      for (let faults = 0; faults < size.faults; faults += 1) {
        await load.progress(random.below(QUIET_COMMANDS));
        const primary = await mongo.primary();
        const dies = faults % 2 === 0;
        note(`${primary.address} ${dies ? 'is killed' : 'steps down'}`);
        if (dies) primary.kill('SIGKILL');
        else await mongo.stepDown();
        await load.progress(random.below(DOWN_COMMANDS));
        note(`${(await mongo.primary()).address} is primary`);
        if (dies) await primary.restart();
        expect(await query.process.ready(BACK_MS)).toBe(query.url);
      }
    });
  } finally {
    await stage.stop();
    await mongo.remove();
  }
}
