/**
 * `make bench`: what jetbank does in a second, each figure beside a ceiling measured in the same
 * round, since machines differ and are noisy. ROUNDS and SECONDS change how long it takes, and ONLY
 * picks topics by name (`ONLY=http,projection`). Heavy topics run only when they are named.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadAverage, printMachine, printTable, progress } from './report.ts';
import type { Topic } from './topic.ts';
import { auth } from './topics/auth.ts';
import { http } from './topics/http.ts';
import { cold } from './topics/cold.ts';
import { hot } from './topics/hot.ts';
import { latency } from './topics/latency.ts';
import { memory } from './topics/memory.ts';
import { processes } from './topics/processes.ts';
import { projection } from './topics/projection.ts';
import { queries } from './topics/queries.ts';
import { projectorMemory } from './topics/projector-memory.ts';
import { rebuild } from './topics/rebuild.ts';
import { replicated } from './topics/replicated.ts';
import { sizing } from './topics/sizing.ts';
import { syncAlways } from './topics/sync-always.ts';
import { transfers } from './topics/transfers.ts';
import { visible } from './topics/visible.ts';

const TOPICS: readonly Topic[] = [
  http,
  auth,
  hot,
  transfers,
  syncAlways,
  replicated,
  processes,
  latency,
  projection,
  queries,
  visible,
  rebuild,
  cold,
  memory,
  projectorMemory,
  sizing,
];

const rounds = Number(process.env['ROUNDS'] ?? 3);
const seconds = Number(process.env['SECONDS'] ?? 5);
const chosen = choose(process.env['ONLY'] ?? '');

const loadBefore = loadAverage();
const tables: Parameters<typeof printTable>[] = [];
const folder = await mkdtemp(join(tmpdir(), 'jetbank-bench-'));
try {
  for (const { name, title, measure } of chosen) {
    progress(`== ${name}`);
    const begin = performance.now();
    const own = join(folder, name);
    tables.push([title, await measure({ rounds, seconds, folder: own })]);
    await rm(own, { recursive: true, force: true });
    progress(`   ${Math.round((performance.now() - begin) / 1000)} s`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
const names = chosen.map(({ name }) => name).join();
printMachine(`ROUNDS=${rounds} SECONDS=${seconds} ONLY=${names}`, loadBefore);
for (const [title, rows] of tables) printTable(title, rows);

function choose(names: string): readonly Topic[] {
  if (names === '') return TOPICS.filter(({ heavy }) => heavy !== true);
  return names.split(',').map((name) => {
    const topic = TOPICS.find((known) => known.name === name);
    if (topic !== undefined) return topic;
    const known = TOPICS.map((each) => each.name).join(', ');
    throw new Error(`ONLY=${names}: there is no topic ${name}, only ${known}`);
  });
}
