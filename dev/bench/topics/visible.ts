import type { Db } from 'mongodb';
import { deposit, exchange, keepAlive, sequenceIn } from '../exchange.ts';
import { newFigures } from '../figures.ts';
import { atRate, latenciesIn } from '../open-loop.ts';
import type { Latencies } from '../open-loop.ts';
import { startReadSide } from '../read-side.ts';
import { progress } from '../report.ts';
import type { Row } from '../report.ts';
import type { Settings, Topic } from '../topic.ts';

const ACCOUNTS = 10_000;
const PER_SECOND = 500;
/** Every how many commands a query follows: the load of the queries is to stay small. */
const QUERY_EVERY = 10;
const RAW_TRIES = 100;
/** Milliseconds. */
const TARGET = { p50: { atMost: 20 }, p99: { atMost: 150 } };

/** How long after its answer a command shows in a query's answer. */
export const visible: Topic = {
  name: 'visible',
  title: `From a command's answer to a query that shows it, ${PER_SECOND} commands/s, open loop`,
  measure,
};

async function measure({ rounds, seconds, folder }: Settings): Promise<readonly Row[]> {
  const side = await startReadSide(folder, ACCOUNTS, 1);
  const commands = await side.start('src/account-cmd/main.ts');
  const queries = await side.start('src/account-query/main.ts');
  await side.caughtUp(ACCOUNTS);
  const agent = keepAlive();
  const { note, of, ratio } = newFigures();

  async function latencies(length: number): Promise<Latencies> {
    const milliseconds: number[] = [];
    await atRate({ perSecond: PER_SECOND, seconds: length }, async (index) => {
      const accountId = side.accountIds[index % ACCOUNTS] ?? '';
      const sequence = await deposit(agent, commands.url, accountId);
      if (index % QUERY_EVERY !== 0) return;
      const begin = performance.now();
      const url = `${queries.url}/accounts/${accountId}?minSequence=${sequence}`;
      const answer = await exchange(agent, url);
      milliseconds.push(performance.now() - begin);
      if (answer.status !== 200) throw new Error(`a query was answered ${answer.status}`);
      if (sequenceIn(answer) < sequence) throw new Error('a query lacked the write it waited for');
    });
    return latenciesIn(milliseconds);
  }

  progress('warming up');
  await latencies(seconds);
  for (let round = 1; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}`);
    note('raw', latenciesIn(await rawVisibility(side.client.db(`raw-${round}`))).p50);
    const { p50, p99, max } = await latencies(seconds);
    note('p50', p50);
    note('p99', p99);
    note('max', max);
  }
  agent.destroy();
  await side.stop();

  const unit = 'ms';
  return [
    { name: 'raw driver, two writes and a read, no load, p50', rounds: of('raw'), unit },
    {
      name: 'visible by query, p50',
      rounds: of('p50'),
      unit,
      target: TARGET.p50,
      ratio: ratio('p50', 'raw'),
    },
    { name: 'visible by query, p99', rounds: of('p99'), unit, target: TARGET.p99 },
    { name: 'visible by query, max', rounds: of('max'), unit },
  ];
}

/** Milliseconds of a line and a document, written with the majority's knowledge, and a read of it. */
async function rawVisibility(db: Db): Promise<number[]> {
  const lines = db.collection<{ readonly _id: string }>('lines');
  const documents = db.collection<{ readonly _id: string; readonly version: number }>('documents');
  const safe = { writeConcern: { w: 'majority' } } as const;
  await documents.insertOne({ _id: 'account', version: 0 }, safe);
  const milliseconds: number[] = [];
  for (let version = 1; version <= RAW_TRIES; version += 1) {
    const begin = performance.now();
    await lines.insertOne({ _id: `account:${version}` }, safe);
    await documents.replaceOne({ _id: 'account' }, { version }, safe);
    await documents.findOne({ _id: 'account' });
    milliseconds.push(performance.now() - begin);
  }
  await db.dropDatabase();
  return milliseconds;
}
