import { startService } from '../../../test/support/process.ts';
import { newFigures } from '../figures.ts';
import { fillLog } from '../fixtures.ts';
import { CONNECTIONS, depositLoad, sampledLoad } from '../http-load.ts';
import { startLedger } from '../ledger.ts';
import { openLoop } from '../open-loop.ts';
import { progress } from '../report.ts';
import type { Row } from '../report.ts';
import type { Settings, Topic } from '../topic.ts';

const ACCOUNTS = 10_000;
/** Milliseconds. */
const P99_TARGET = { atMost: 25 };

/** How long a deposit takes when the service has half of what it can take at most. */
export const latency: Topic = {
  name: 'latency',
  title: 'Latency at half the maximum rate, open loop',
  measure,
};

async function measure({ rounds, seconds, folder }: Settings): Promise<readonly Row[]> {
  const ledger = await startLedger(folder);
  const accountIds = await fillLog(ledger.events, ACCOUNTS, 1);
  const bare = await startService('dev/bench/bare-service.ts', { NATS_URL: ledger.url });
  const service = await startService('src/account-cmd/main.ts', { NATS_URL: ledger.url });
  const [bareUrl, url] = [await bare.ready(), await service.ready()];
  const { note, of, ratio } = newFigures();

  async function latencies(name: string, target: string, perSecond: number): Promise<void> {
    const { p50, p99, max } = await openLoop(target, accountIds, { perSecond, seconds });
    note(`${name} p50`, p50);
    note(`${name} p99`, p99);
    note(`${name} max`, max);
  }

  progress('warming up');
  await depositLoad(bareUrl, accountIds, { requests: ACCOUNTS });
  await depositLoad(url, accountIds, { requests: ACCOUNTS });
  // In step with each other, all accounts would be due for a snapshot in the same second. And a service
  // that has run for a quarter of a minute has its code compiled and its heap grown.
  await sampledLoad(url, CONNECTIONS, accountIds, { requests: 20 * ACCOUNTS });
  for (let round = 1; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}`);
    const { rate } = await depositLoad(url, accountIds, { seconds: seconds / 2 });
    note('maximum', rate);
    note('half', rate / 2);
    await latencies('bare', bareUrl, rate / 2);
    await latencies('service', url, rate / 2);
  }
  await Promise.all([bare.stop(), service.stop()]);
  await ledger.stop();

  const unit = 'ms';
  return [
    { name: 'most deposits, closed loop', rounds: of('maximum'), unit: 'requests/s' },
    { name: 'offered rate', rounds: of('half'), unit: 'requests/s' },
    { name: 'bare at that rate, p50', rounds: of('bare p50'), unit },
    { name: 'bare at that rate, p99', rounds: of('bare p99'), unit },
    { name: 'bare at that rate, max', rounds: of('bare max'), unit },
    {
      name: 'deposits at that rate, p50',
      rounds: of('service p50'),
      unit,
      ratio: ratio('service p50', 'bare p50'),
    },
    {
      name: 'deposits at that rate, p99',
      rounds: of('service p99'),
      unit,
      target: P99_TARGET,
      ratio: ratio('service p99', 'bare p99'),
    },
    {
      name: 'deposits at that rate, max',
      rounds: of('service max'),
      unit,
      ratio: ratio('service max', 'bare max'),
    },
  ];
}
