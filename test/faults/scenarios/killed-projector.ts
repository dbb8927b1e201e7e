import { startBank } from '../../support/bank.ts';
import { startMongoProxy } from '../../support/mongo-proxy.ts';
import { startNatsProxy } from '../../support/nats-proxy.ts';
import type { SeededRandom } from '../../support/random.ts';
import type { LoadSize } from '../support/load.ts';
import { readFaultRun } from '../support/read-fault-run.ts';
import { readStage } from '../support/read-stage.ts';

/** Up to so many commands are told between one kill and the next. */
const QUIET_COMMANDS = 100;

/** The query service is killed when all is written and its acknowledgement on the way. */
export async function killBeforeAcknowledging(random: SeededRandom, size: LoadSize): Promise<void> {
  const bank = await startBank();
  const proxy = await startNatsProxy(bank.nats);
  const stage = await readStage(bank, { NATS_URL: proxy.url });
  try {
    await readFaultRun(stage, random, size, async (load, note) => {
      for (let kills = 0; kills < size.faults; kills += 1) {
        await load.progress(random.below(QUIET_COMMANDS));
        const acknowledgement = await proxy.holdNext('applied');
        await stage.query().process.kill('SIGKILL');
        acknowledgement.cut();
        note('killed the query service before it acknowledged');
        await stage.replaceQuery();
      }
    });
  } finally {
    await stage.stop();
    await proxy.stop();
  }
}

const WRITES = ['transactions_v1', 'accounts_v1', 'checkpoints'] as const;

/**
 * The query service is killed between two writes to MongoDB: one is done, and the next never arrives,
 * or arrives although nobody is there any more to hear of it.
 */
export async function killBetweenWrites(random: SeededRandom, size: LoadSize): Promise<void> {
  const bank = await startBank();
  const proxy = await startMongoProxy(bank.env['MONGO_URI'] ?? '');
  const stage = await readStage(bank, { MONGO_URI: proxy.uriOf(bank.db.databaseName) });
  try {
    await readFaultRun(stage, random, size, async (load, note) => {
      for (let kills = 0; kills < size.faults; kills += 1) {
        await load.progress(random.below(QUIET_COMMANDS));
        const collection = random.pick(WRITES);
        const write = await proxy.holdNext(collection);
        const arrives = random.below(3) === 0;
        if (arrives) write.pass();
        await stage.query().process.kill('SIGKILL');
        if (!arrives) write.cut();
        note(
          `killed the query service, its write to ${collection} ${arrives ? 'arrived' : 'lost'}`,
        );
        await stage.replaceQuery();
      }
    });
  } finally {
    await stage.stop();
    await proxy.stop();
  }
}
