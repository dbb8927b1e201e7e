import { randomUUID } from 'node:crypto';
import { createCommandService } from '../../../src/account-cmd/command-service.ts';
import { jetStreamStores } from '../../../src/event-store/jetstream/jetstream-event-store.ts';
import { newFigures } from '../figures.ts';
import { fillLog } from '../fixtures.ts';
import { deposit } from '../in-process.ts';
import { startLedger } from '../ledger.ts';
import { writeLongHistory } from '../long-history.ts';
import { progress } from '../report.ts';
import type { Row } from '../report.ts';
import { countRequests } from '../round-trips.ts';
import { median } from '../stats.ts';
import type { Settings, Topic } from '../topic.ts';

const HISTORY = 10_000;
const LARGE = 1_000_000;
/** A multiple of the snapshot interval: every distance from the newest snapshot comes equally often. */
const TRIES = 50;
const WARM_UP = 500;
const TIMEOUT_MS = 5_000;

const TARGET = { milliseconds: { atMost: 3 }, roundTrips: { atMost: 3 }, ratio: { atMost: 1.5 } };

/** The first command on a long account after a start, in a small and in a large stream. */
export const cold: Topic = {
  name: 'cold',
  title: `First command on an account of ${HISTORY.toLocaleString('en')} events, nothing cached`,
  heavy: true,
  measure,
};

async function measure({ rounds, folder }: Settings): Promise<readonly Row[]> {
  const accountId = randomUUID();
  const small = await streamWith(folder, accountId, 0);
  const large = await streamWith(folder, accountId, LARGE / HISTORY - 1);
  const figures = newFigures();
  for (let round = 1; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}`);
    const [inSmall, inLarge]: [Try[], Try[]] = [[], []];
    for (let count = 0; count < TRIES; count += 1) {
      inSmall.push(await small.first());
      inLarge.push(await large.first());
    }
    for (const [name, tries] of [['small', inSmall] as const, ['large', inLarge] as const]) {
      const of = (field: keyof Try) => tries.map((each) => each[field]);
      figures.note(name, median(of('milliseconds')));
      figures.note(`${name} longest`, Math.max(...of('milliseconds')));
      figures.note(`${name} round trips`, median(of('roundTrips')));
      figures.note(`${name} most round trips`, Math.max(...of('roundTrips')));
      figures.note(`${name} requests`, median(of('sent')));
    }
  }
  await Promise.all([small.stop(), large.stop()]);

  const { of, ratio } = figures;
  return [
    {
      name: `stream of ${HISTORY.toLocaleString('en')} events, median of ${TRIES}`,
      rounds: of('small'),
      unit: 'ms',
      target: TARGET.milliseconds,
    },
    {
      name: `stream of ${LARGE.toLocaleString('en')} events, median of ${TRIES}`,
      rounds: of('large'),
      unit: 'ms',
      target: TARGET.milliseconds,
      ratio: ratio('large', 'small', TARGET.ratio),
    },
    { name: 'the same, longest', rounds: of('large longest'), unit: 'ms' },
    {
      name: 'round trips, the append included, median',
      rounds: of('large round trips'),
      unit: '',
      target: TARGET.roundTrips,
    },
    { name: 'the same, most', rounds: of('large most round trips'), unit: '' },
    { name: 'requests, median', rounds: of('large requests'), unit: '' },
  ];
}

interface Try {
  readonly milliseconds: number;
  readonly sent: number;
  readonly roundTrips: number;
}

/** A server whose log holds the account, with so many events of others between each two of its own. */
async function streamWith(folder: string, accountId: string, between: number) {
  const ledger = await startLedger(folder, { name: `nats-${between}` });
  const connection = countRequests(ledger.nc);
  const stores = await jetStreamStores(connection.nc, { timeoutMs: TIMEOUT_MS });

  async function first(id = accountId): Promise<Try> {
    const service = createCommandService(stores);
    connection.reset();
    const begin = performance.now();
    await deposit(service, id);
    const milliseconds = performance.now() - begin;
    const requests = connection.counted();
    await service.drain();
    return { milliseconds, ...requests };
  }

  progress(`filling a log with ${(HISTORY * (1 + between)).toLocaleString('en')} events`);
  const begin = performance.now();
  await writeLongHistory(ledger, accountId, HISTORY, between);
  progress(`  in ${Math.round((performance.now() - begin) / 1000)} s`);
  const [other = ''] = await fillLog(ledger.events, 1, 1);
  for (let count = 0; count < WARM_UP; count += 1) await first(other);
  return { first: () => first(), stop: () => ledger.stop() };
}
