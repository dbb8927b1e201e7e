import { expect } from 'vitest';
import { startBank } from '../../support/bank.ts';
import { startOwnMongo } from '../../support/own-mongo.ts';
import type { SeededRandom } from '../../support/random.ts';
import type { LoadSize } from '../support/load.ts';
import { readFaultRun } from '../support/read-fault-run.ts';
import { readStage } from '../support/read-stage.ts';

const QUIET_COMMANDS = 200;
/** Told while mongod is down: now and then for longer than a write waits for a server (3 s). */
const DOWN_COMMANDS = 2_000;
const BACK_MS = 40_000;

/** mongod is killed under load and comes back: the service survives it, and catches up. */
export async function crashMongo(random: SeededRandom, size: LoadSize): Promise<void> {
  const mongo = await startOwnMongo();
  const bank = await startBank({ database: mongo.database });
  const stage = await readStage(bank);
  const query = stage.query();
  try {
    await readFaultRun(stage, random, size, async (load, note) => {
      for (let crashes = 0; crashes < size.faults; crashes += 1) {
        await load.progress(random.below(QUIET_COMMANDS));
        mongo.kill('SIGKILL');
        await mongo.exited;
        note('killed mongod');
        await load.progress(random.below(DOWN_COMMANDS));
        await mongo.restart();
        note('mongod is back');
        expect(await query.process.ready(BACK_MS)).toBe(query.url);
      }
    });
  } finally {
    await stage.stop();
    await mongo.remove();
  }
}
