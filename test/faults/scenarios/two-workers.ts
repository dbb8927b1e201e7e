import { jetstreamManager } from '@nats-io/jetstream';
import { expect } from 'vitest';
import { provisionStreams } from '../../../src/event-store/jetstream/provision.ts';
import { STREAM } from '../../../src/event-store/jetstream/names.ts';
import { controlStore } from '../../../src/projections/control.ts';
import { desiredConsumer } from '../../../src/projections/durable-consumer.ts';
import { eventually } from '../../support/await.ts';
import { startBank } from '../../support/bank.ts';
import type { Bank } from '../../support/bank.ts';
import type { SeededRandom } from '../../support/random.ts';
import { sampleCheckpoint } from '../support/checkpoint-samples.ts';
import type { LoadSize } from '../support/load.ts';
import { readFaultRun } from '../support/read-fault-run.ts';
import { writeStage } from '../support/read-stage.ts';
import { BUILD, GROUP, startWorker } from '../support/worker.ts';
import type { Worker } from '../support/worker.ts';

/** Commands told between one change of workers and the next, at most. */
const QUIET_COMMANDS = 200;
const ALL_COMMANDS = 100;
const OTHER_CONSUMER = 'accounts-v1-other';

/** Two workers share a consumer that is pinned to neither: each gets some of the deliveries. */
export const shareDeliveries = (random: SeededRandom, size: LoadSize): Promise<void> =>
  twoWorkers(random, size, [GROUP.id, GROUP.id]);

/** Two workers have a consumer each: both get all deliveries. */
export const repeatDeliveries = (random: SeededRandom, size: LoadSize): Promise<void> =>
  twoWorkers(random, size, [GROUP.id, OTHER_CONSUMER]);

/** Both write the same build at once; now and then one stops with deliveries in its hands. */
async function twoWorkers(
  random: SeededRandom,
  size: LoadSize,
  consumers: readonly [string, string],
): Promise<void> {
  const bank = await startBank();
  const workers: Worker[] = [];
  try {
    await makeUnpinned(bank, new Set(consumers));
    const stage = await writeStage(bank);
    workers.push(...(await Promise.all(consumers.map((name) => startWorker(bank, name)))));
    const samples = sampleCheckpoint(bank.db);
    const { ledger } = await readFaultRun(stage, random, size, async (load, note) => {
      await load.progress(ALL_COMMANDS);
      for (let stops = 0; stops < size.faults; stops += 1) {
        await load.progress(random.below(QUIET_COMMANDS));
        const index = random.below(consumers.length);
        const wrote = () => workers.map((worker) => worker.wrote());
        await eventually(() => Math.min(...wrote()) > 0, { what: 'events that each has written' });
        note(`worker ${index} stops; they have written ${wrote().join(' and ')} events`);
        await workers[index]!.stop();
        workers[index] = await startWorker(bank, consumers[index]);
        await load.progress(ALL_COMMANDS);
      }
    });
    expect(workers.flatMap(({ failures }) => failures)).toEqual([]);
    expect(samples.count()).toBeGreaterThan(ALL_COMMANDS / 10);
    await samples.expectNeverAhead(ledger);
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await bank.stop();
  }
}

/** The consumers that nobody is pinned to, and the control document of a service's first start. */
async function makeUnpinned({ nc, db }: Bank, names: ReadonlySet<string>): Promise<void> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  await provisionStreams(jsm, { create: true, replicas: 1 });
  await controlStore(db, BUILD.projection).open(BUILD);
  for (const name of names) {
    const config = desiredConsumer(GROUP);
    delete config.priority_policy;
    delete config.priority_groups;
    delete config.priority_timeout;
    await jsm.consumers.add(STREAM, { ...config, name, durable_name: name });
  }
}
