import type { QuickScenario, Scenario } from './scenarios.ts';
import { freezeMongo } from './scenarios/frozen-mongo.ts';
import { fillDisk } from './scenarios/full-disk.ts';
import { killBeforeAcknowledging, killBetweenWrites } from './scenarios/killed-projector.ts';
import { crashMongo } from './scenarios/mongo-crashes.ts';
import { electPrimaries } from './scenarios/mongo-elections.ts';
import { replaceConsumer } from './scenarios/replaced-consumer.ts';
import { repeatDeliveries, shareDeliveries } from './scenarios/two-workers.ts';
import { dropAcknowledgements, shuffleDeliveries } from './scenarios/unruly-deliveries.ts';

const FULL = { clients: 16, accounts: 8 };
const SMALL = { clients: 8, accounts: 3 };

/** Of the read side; a small run of each stands among all other tests. */
export const QUICK_READS: readonly QuickScenario[] = [
  {
    what: 'a projector is killed between its last write and its acknowledgement',
    run: killBeforeAcknowledging,
    size: { ...FULL, faults: 4 },
    small: { ...SMALL, faults: 1 },
  },
  {
    what: 'two workers get all deliveries of a group, and both write',
    run: repeatDeliveries,
    size: { ...FULL, faults: 6 },
    small: { ...SMALL, faults: 1 },
  },
];

/** The same of what happens to MongoDB. */
export const QUICK_OUTAGES: readonly QuickScenario[] = [
  {
    what: 'the disk of MongoDB is full',
    run: fillDisk,
    size: { ...FULL, faults: 2 },
    small: { ...SMALL, faults: 1 },
  },
  {
    what: 'MongoDB stands still',
    run: freezeMongo,
    size: { ...FULL, faults: 1, awayMs: 60_000 },
    mostRuns: 3,
    small: { ...SMALL, faults: 1, awayMs: 5_000 },
  },
];

export const READS: readonly Scenario[] = [
  {
    what: 'a projector is killed between its writes to two collections',
    run: killBetweenWrites,
    size: { ...FULL, faults: 6 },
  },
  {
    what: 'two workers share the deliveries of a group, and both write',
    run: shareDeliveries,
    size: { ...FULL, faults: 6 },
  },
  {
    what: 'acknowledgements of a projector get lost for a long time',
    run: dropAcknowledgements,
    size: { ...FULL, faults: 8 },
  },
  {
    what: 'deliveries come twice, in another order, and late',
    run: shuffleDeliveries,
    size: { ...FULL, faults: 4 },
  },
  {
    what: 'the consumer is deleted, or replaced by one that begins elsewhere',
    run: replaceConsumer,
    size: { ...FULL, faults: 6 },
  },
];

export const OUTAGES: readonly Scenario[] = [
  {
    what: 'mongod is killed',
    run: crashMongo,
    size: { ...FULL, faults: 3 },
  },
  {
    what: 'the primary of a replica set of MongoDB is killed, or steps down',
    run: electPrimaries,
    size: { ...FULL, faults: 4 },
  },
];
