import { startService } from '../../../test/support/process.ts';
import { newFigures } from '../figures.ts';
import { createLoad } from '../http-load.ts';
import { startLedger } from '../ledger.ts';
import { progress } from '../report.ts';
import type { Row } from '../report.ts';
import { residentSet } from '../resident-set.ts';
import type { Settings, Topic } from '../topic.ts';

const ACCOUNTS = 1_000_000;
const STEP = 50_000;
/** MiB. */
const TARGET = { atMost: 512 };

/** What the service holds in memory after a million accounts, with its default settings. */
export const memory: Topic = { name: 'memory', title: 'Memory', heavy: true, measure };

/** One round, however many are asked for: what counts is the largest of many readings. */
async function measure({ folder }: Settings): Promise<readonly Row[]> {
  const ledger = await startLedger(folder);
  const service = await startService('src/account-cmd/main.ts', { NATS_URL: ledger.url });
  const url = await service.ready();
  const { note, of } = newFigures();
  note('at start', await residentSet(service.pid));
  const readings: number[] = [];
  let failed = 0;
  for (let touched = STEP; touched <= ACCOUNTS; touched += STEP) {
    const { failures, rate } = await createLoad(url, { requests: STEP });
    // A server that stalls fails what is under way; that does not end a run of minutes.
    failed += failures;
    const reading = await residentSet(service.pid);
    readings.push(reading);
    progress(
      `  ${touched} accounts, ${Math.round(rate)} a second: ${Math.round(reading)} MiB, ${failed} failed`,
    );
  }
  note('first step', readings[0] ?? Number.NaN);
  note('at the end', readings.at(-1) ?? Number.NaN);
  note('failed', failed);
  note('largest', Math.max(...readings));
  await service.stop();
  await ledger.stop();

  const unit = 'MiB';
  const [step, accounts] = [STEP.toLocaleString('en'), ACCOUNTS.toLocaleString('en')];
  return [
    { name: 'resident set at start', rounds: of('at start'), unit },
    { name: `after ${step} accounts opened over HTTP`, rounds: of('first step'), unit },
    { name: `after ${accounts}`, rounds: of('at the end'), unit, target: TARGET },
    { name: 'accounts that were not opened', rounds: of('failed'), unit: '' },
    { name: `largest, read every ${step}`, rounds: of('largest'), unit, target: TARGET },
  ];
}
