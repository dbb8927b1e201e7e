import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { eventually } from '../../support/await.ts';
import { freeze } from '../../support/freeze.ts';
import { startBank } from '../../support/bank.ts';
import { startOwnMongo } from '../../support/own-mongo.ts';
import type { SeededRandom } from '../../support/random.ts';
import type { LoadSize } from '../support/load.ts';
import { failuresOf, notReady } from '../support/projector-log.ts';
import { readFaultRun } from '../support/read-fault-run.ts';
import { readStage } from '../support/read-stage.ts';

const QUIET_COMMANDS = 100;
const DEFAULT_AWAY_MS = 5_000;
/** Waits of the projector between two tries: it doubles the first ones, up to the last. */
const GROWING_WAITS = 6;
const LAST_WAIT_MS = 5_000;
/** A socket that was opened meanwhile may have to time out first. */
const BACK_MS = 40_000;

/**
 * MongoDB stands still (SIGSTOP) for a while: commands go on, queries are refused and the service says
 * that it is not ready; the projector tries again, less and less often, and nothing is lost.
 */
export async function freezeMongo(random: SeededRandom, size: LoadSize): Promise<void> {
  const { awayMs = DEFAULT_AWAY_MS } = size;
  const mongo = await startOwnMongo();
  const bank = await startBank({ database: mongo.database });
  const stage = await readStage(bank);
  const query = stage.query();
  try {
    await readFaultRun(stage, random, size, async (load, note) => {
      for (let outages = 0; outages < size.faults; outages += 1) {
        await load.progress(random.below(QUIET_COMMANDS));
        const before = { told: load.told.length, failures: failuresOf(query).length };
        await freeze(mongo);
        note(`froze mongod for ${awayMs} ms`);
        const away = sleep(awayMs);
        await eventually(async () => expect(await notReady(query)).toHaveProperty('mongo'));
        const answer = await query.get('/accounts');
        expect(answer.problem).toMatchObject({ status: 503, code: 'unavailable' });
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
        await away;
        mongo.kill('SIGCONT');
        const told = load.told.length - before.told;
        const failures = failuresOf(query).length - before.failures;
        note(`${told} commands were told meanwhile, and the projector failed ${failures} times`);
        expect(told, 'commands told meanwhile').toBeGreaterThan(awayMs / 100);
        expect(failures).toBeLessThanOrEqual(GROWING_WAITS + awayMs / LAST_WAIT_MS);
        await query.process.ready(BACK_MS);
      }
    });
  } finally {
    mongo.kill('SIGCONT');
    await stage.stop();
    await mongo.remove();
  }
}
