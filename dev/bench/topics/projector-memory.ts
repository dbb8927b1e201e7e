import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { newFigures } from '../figures.ts';
import { startReadSide } from '../read-side.ts';
import { progress } from '../report.ts';
import type { Row } from '../report.ts';
import { residentSet } from '../resident-set.ts';
import type { Settings, Topic } from '../topic.ts';

const ACCOUNTS = 100_000;
const EVENTS_EACH = 10;
const EVENTS = ACCOUNTS * EVENTS_EACH;
const SAMPLE_EVERY_MS = 250;
const TOLD_EVERY = 100_000;
/** MiB; and the largest of the second half as a share of the first's. */
const TARGET = { resident: { atMost: 400 }, growth: { atMost: 1.1 } };

/** What the query service holds in memory while it catches up with a long log, run as in the image. */
export const projectorMemory: Topic = {
  name: 'projector-memory',
  title: `Memory of the projector, catching up ${EVENTS.toLocaleString('en')} events`,
  heavy: true,
  measure,
};

/** One round, however many are asked for: what counts is the largest of many readings. */
async function measure({ folder }: Settings): Promise<readonly Row[]> {
  const side = await startReadSide(folder, ACCOUNTS, EVENTS_EACH);
  const NODE_OPTIONS = await optionsInImage();
  const { process } = await side.start('src/account-query/main.ts', { NODE_OPTIONS });
  const { note, of, ratio } = newFigures();
  const halves: { readonly first: number[]; readonly second: number[] } = { first: [], second: [] };
  const begin = performance.now();
  for (let done = await side.checkpoint(), told = 0; done < EVENTS;) {
    const reading = await residentSet(process.pid);
    halves[done < EVENTS / 2 ? 'first' : 'second'].push(reading);
    if (done >= told + TOLD_EVERY) {
      told = done;
      progress(`  ${done.toLocaleString('en')} events: ${Math.round(reading)} MiB`);
    }
    await sleep(SAMPLE_EVERY_MS);
    done = await side.checkpoint();
  }
  note('rate', (EVENTS / (performance.now() - begin)) * 1000);
  note('first', Math.max(...halves.first));
  note('second', Math.max(...halves.second));
  await side.stop();

  const unit = 'MiB';
  return [
    { name: 'catch-up meanwhile', rounds: of('rate'), unit: 'events/s' },
    {
      name: 'largest resident set, first half',
      rounds: of('first'),
      unit,
      target: TARGET.resident,
    },
    {
      name: 'largest resident set, second half',
      rounds: of('second'),
      unit,
      target: TARGET.resident,
      ratio: ratio('second', 'first', TARGET.growth),
    },
  ];
}

/** What the image's entrypoint tells node about the query service. */
async function optionsInImage(): Promise<string> {
  const entrypoint = new URL('../../../deploy/docker-entrypoint.sh', import.meta.url);
  const [, options] = /^query_node_options='(.+)'$/m.exec(await readFile(entrypoint, 'utf8')) ?? [];
  if (options === undefined) throw new Error('the entrypoint says no query_node_options');
  return options;
}
