import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { MongoClient } from 'mongodb';
import { startMongo } from '../../stack/mongo.ts';
import { newFigures } from '../figures.ts';
import { fillLog } from '../fixtures.ts';
import { startLedger } from '../ledger.ts';
import { catchUpRate, rawWriteRate } from '../projection.ts';
import { progress } from '../report.ts';
import type { Row } from '../report.ts';
import type { Settings, Topic } from '../topic.ts';

const ACCOUNTS = 10_000;
const EVENTS_EACH = 10;
/** Events a second, and what that is of the raw writes. */
const TARGET = { rate: { atLeast: 8_000 }, ratio: { atLeast: 0.6 } };

/** How fast the read models catch up with a log they have never seen. */
export const projection: Topic = { name: 'projection', title: 'Projection', measure };

async function measure({ rounds, folder }: Settings): Promise<readonly Row[]> {
  const total = ACCOUNTS * EVENTS_EACH;
  const ledger = await startLedger(folder);
  const mongo = await startMongo({ dataDir: join(folder, 'mongo') });
  const client = await new MongoClient(mongo.uri, { useBigInt64: true }).connect();
  const jsm = await jetstreamManager(ledger.nc);
  const { note, of, ratio } = newFigures();
  progress(`filling the log with ${total} events`);
  await fillLog(ledger.events, ACCOUNTS, EVENTS_EACH);
  for (let round = 1; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}`);
    const [projected, raw] = [client.db(`projected-${round}`), client.db(`raw-${round}`)];
    note('catch-up', await catchUpRate(ledger.nc, projected, total));
    note('raw writes', await rawWriteRate(projected, raw, total));
    await jsm.consumers.delete('ACCOUNTS', 'accounts-v1');
    // What a round leaves in MongoDB's cache is not to slow the next one down.
    await Promise.all([projected.dropDatabase(), raw.dropDatabase()]);
  }
  await client.close();
  await Promise.all([ledger.stop(), mongo.stop()]);
  const unit = 'events/s';
  return [
    { name: 'raw driver, same documents and lines', rounds: of('raw writes'), unit },
    {
      name: 'projection catch-up, both read models',
      rounds: of('catch-up'),
      unit,
      target: TARGET.rate,
      ratio: ratio('catch-up', 'raw writes', TARGET.ratio),
    },
  ];
}
