import { JetStreamApiError, jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamManager } from '@nats-io/jetstream';
import { STREAM } from '../../../src/event-store/jetstream/names.ts';
import { desiredConsumer } from '../../../src/projections/durable-consumer.ts';
import { eventually } from '../../support/await.ts';
import { startBank } from '../../support/bank.ts';
import type { SeededRandom } from '../../support/random.ts';
import { checkpointOf } from '../../support/read-models.ts';
import type { LoadSize } from '../support/load.ts';
import { readFaultRun } from '../support/read-fault-run.ts';
import { readStage } from '../support/read-stage.ts';
import { GROUP } from '../support/worker.ts';

const QUIET_COMMANDS = 150;
const FURTHEST = 100;
const REPLACED_MS = 20_000;
const ALIVE_MS = 20_000;
const CONSUMER_NOT_FOUND = 10_014;

/**
 * The consumer is deleted under way, again and again; it comes back by the projector's own hand, or as
 * one that begins elsewhere: behind the checkpoint, or with events after it that it never delivers.
 */
export async function replaceConsumer(random: SeededRandom, size: LoadSize): Promise<void> {
  const bank = await startBank();
  const stage = await readStage(bank);
  try {
    const jsm = await jetstreamManager(bank.nc, { checkAPI: false });
    await readFaultRun(stage, random, size, async (load, note) => {
      for (let deletions = 0; deletions < size.faults; deletions += 1) {
        await load.progress(random.below(QUIET_COMMANDS));
        const how = random.pick(['deleted', 'behind', 'ahead'] as const);
        const checkpoint = Number(await checkpointOf(bank.db));
        if (how === 'deleted') await deleteConsumer(jsm);
        if (how === 'behind') await replaceWith(jsm, Math.max(1, checkpoint - FURTHEST));
        if (how === 'ahead') await replaceWith(jsm, checkpoint + 1 + random.below(FURTHEST));
        note(`the consumer was replaced at checkpoint ${checkpoint}: ${how}`);
        await eventually(async () => Number(await checkpointOf(bank.db)) > checkpoint, {
          timeoutMs: ALIVE_MS,
          what: `the checkpoint beyond ${checkpoint}`,
        });
      }
    });
  } finally {
    await stage.stop();
  }
}

/** In the projector's place: it may have made its own first, which is then deleted once more. */
async function replaceWith(jsm: JetStreamManager, fromSequence: number): Promise<void> {
  const replace = async () => {
    await deleteConsumer(jsm);
    await jsm.consumers.add(STREAM, desiredConsumer(GROUP, fromSequence));
  };
  await eventually(replace, { timeoutMs: REPLACED_MS, what: 'another consumer' });
}

async function deleteConsumer(jsm: JetStreamManager): Promise<void> {
  try {
    await jsm.consumers.delete(STREAM, GROUP.id);
  } catch (error) {
    const gone = error instanceof JetStreamApiError && error.code === CONSUMER_NOT_FOUND;
    if (!gone) throw error;
  }
}
