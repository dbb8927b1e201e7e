import { setTimeout as sleep } from 'node:timers/promises';
import { deposit, exchange, keepAlive, sequenceIn } from '../exchange.ts';
import { newFigures } from '../figures.ts';
import { atRate } from '../open-loop.ts';
import { FIRST_BUILD, rawWriteRate } from '../projection.ts';
import { startReadSide } from '../read-side.ts';
import { runRebuild } from '../rebuild-run.ts';
import { progress } from '../report.ts';
import type { Row } from '../report.ts';
import type { Settings, Topic } from '../topic.ts';

const ACCOUNTS = 10_000;
const EVENTS_EACH = 10;
const EVENTS = ACCOUNTS * EVENTS_EACH;
const QUERIES_PER_SECOND = 50;
/** Every how many queries a deposit goes before one; the next ones ask for what it wrote, too. */
const DEPOSIT_EVERY = 5;
/** How long the queries go on after the command has ended. */
const AFTER_MS = 3_000;
const NONE = { atMost: 0 };

/** What a rebuild takes, and what queries see of it. */
export const rebuild: Topic = {
  name: 'rebuild',
  title: `Rebuild of ${EVENTS.toLocaleString('en')} events, ${QUERIES_PER_SECOND} queries/s meanwhile`,
  measure,
};

interface Seen {
  /** When it was asked, as performance.now() counts. */
  readonly at: number;
  readonly failed: boolean;
  /** The answer lacked a write that had been acknowledged, and that the query named. */
  readonly stale: boolean;
}

async function measure({ rounds, folder }: Settings): Promise<readonly Row[]> {
  const side = await startReadSide(folder, ACCOUNTS, EVENTS_EACH);
  const commands = await side.start('src/account-cmd/main.ts');
  const queries = await side.start('src/account-query/main.ts');
  await side.caughtUp(EVENTS);
  const agent = keepAlive();
  const { note, of, ratio } = newFigures();

  /** Queries until the signal is aborted, each for an account that was written to not long before. */
  async function query(signal: AbortSignal): Promise<Seen[]> {
    const seen: Seen[] = [];
    const written = new Map<string, number>();
    await atRate({ perSecond: QUERIES_PER_SECOND, signal }, async (index) => {
      const [turn, back] = [Math.floor(index / DEPOSIT_EVERY), index % DEPOSIT_EVERY];
      const accountId = side.accountIds[Math.max(0, turn - back) % ACCOUNTS] ?? '';
      if (back === 0) written.set(accountId, await deposit(agent, commands.url, accountId));
      const at = performance.now();
      const sequence = written.get(accountId) ?? 1;
      const url = `${queries.url}/accounts/${accountId}?minSequence=${sequence}`;
      const answer = await exchange(agent, url);
      const failed = answer.status !== 200;
      if (failed) progress(`  a query was answered ${answer.status} ${answer.text}`);
      seen.push({ at, failed, stale: !failed && sequenceIn(answer) < sequence });
    });
    return seen;
  }

  for (let round = 1; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}`);
    const stopping = new AbortController();
    const asking = query(stopping.signal);
    const run = await runRebuild(side.env);
    await sleep(AFTER_MS);
    stopping.abort();
    const seen = await asking;
    const stale = seen.filter((each) => each.stale);
    note('duration', run.seconds);
    note('check', run.checkSeconds);
    note('replay', EVENTS / run.replaySeconds);
    note('queries', seen.length);
    note('failed', seen.filter(({ failed }) => failed).length);
    note('stale before', stale.filter(({ at }) => at < run.flippedAt).length);
    note('stale after', stale.filter(({ at }) => at >= run.flippedAt).length);
    const raw = side.client.db(`raw-${round}`);
    const build = { ...FIRST_BUILD, number: round + 1 };
    note('raw writes', await rawWriteRate(side.db, raw, EVENTS, build));
    await raw.dropDatabase();
  }
  agent.destroy();
  await side.stop();

  const [rate, none] = ['events/s', { unit: '', target: NONE }];
  return [
    { name: 'raw driver, same documents and lines', rounds: of('raw writes'), unit: rate },
    {
      name: 'the log read into the new build',
      rounds: of('replay'),
      unit: rate,
      ratio: ratio('replay', 'raw writes'),
    },
    { name: 'the whole command', rounds: of('duration'), unit: 's' },
    { name: 'of which: a sample compared with the log', rounds: of('check'), unit: 's' },
    { name: 'queries meanwhile and 3 s after', rounds: of('queries'), unit: '' },
    { name: 'failed queries', rounds: of('failed'), ...none },
    { name: 'stale answers before the new build is live', rounds: of('stale before'), ...none },
    { name: 'stale answers after that', rounds: of('stale after'), ...none },
  ];
}
