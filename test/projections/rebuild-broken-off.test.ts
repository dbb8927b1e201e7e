import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/await.ts';
import { startBank } from '../support/bank.ts';
import type { Bank } from '../support/bank.ts';
import { historyWriter } from '../support/history.ts';
import { jetbankOk, startJetbank } from '../support/jetbank.ts';
import { seededRandom } from '../support/random.ts';
import { checkpointOf, expectReadModelsOf, untilProjected } from '../support/read-models.ts';
import type { ReadBuild } from '../support/read-models.ts';

const BATCHES = 16;
const EVENTS_A_BATCH = 1_000;
const REBUILD = ['projections', 'rebuild', 'accounts'] as const;

let bank: Bank;
let last = 0;

beforeAll(async () => {
  bank = await startBank();
  const history = await historyWriter(bank.nc, seededRandom('rebuild-broken-off'), 100);
  for (let batch = 0; batch < BATCHES; batch += 1) last = await history.write(EVENTS_A_BATCH);
  await bank.startQuery();
  await untilProjected(bank.db, last);
});
afterAll(() => bank.stop());

/** Its program has started, which takes seconds on a busy machine, and has written something. */
const untilBegun = (build: ReadBuild) =>
  eventually(async () => ((await checkpointOf(bank.db, build)) ?? 0n) > 0n, { timeoutMs: 15_000 });

/** Begins one and kills it as soon as it has written something. Answers where the build stands. */
async function killHalfWay(number: number): Promise<number> {
  const program = startJetbank(bank.env, ...REBUILD);
  const build = { number, groups: 1 };
  await untilBegun(build);
  program.kill('SIGKILL');
  expect(await program.exit).toBe('SIGKILL');
  const reached = Number(await checkpointOf(bank.db, build));
  expect(reached).toBeLessThan(last);
  return reached;
}

const statusOf = async () =>
  JSON.parse(await jetbankOk(bank.env, 'projections', 'status', '--json')) as {
    readonly builds: readonly { readonly number: number; readonly state: string }[];
  };

test('one that was killed is taken up where it stood', async () => {
  const reached = await killHalfWay(2);
  expect((await statusOf()).builds).toMatchObject([
    { number: 1, state: 'live' },
    { number: 2, state: 'building' },
  ]);
  const program = startJetbank(bank.env, ...REBUILD);
  expect(await program.exit, program.stderr.join('\n')).toBe(0);
  expect(program.stderr).toContain('taking up build 2, which was broken off');
  expect(program.stderr).toContain(
    `replaying from stream sequence ${reached} to ${last} into build 2`,
  );
  await expectReadModelsOf(bank.db, await bank.ledger(), { number: 2, groups: 1 });
}, 60_000);

test('one that was killed is removed by --abandon', async () => {
  await killHalfWay(3);
  const printed = await jetbankOk(bank.env, ...REBUILD, '--abandon');
  expect(printed).toBe('1 unfinished build removed');
  expect((await statusOf()).builds).toMatchObject([{ number: 1 }, { number: 2, state: 'live' }]);
  const names = (await bank.db.listCollections().toArray()).map(({ name }) => name);
  expect(names.filter((name) => name.endsWith('_v3'))).toEqual([]);
  expect(await checkpointOf(bank.db, { number: 3, groups: 1 })).toBeUndefined();
}, 60_000);

test('Ctrl-C breaks one off in one line, and the next one wants other groups: it begins anew', async () => {
  const program = startJetbank(bank.env, ...REBUILD);
  await untilBegun({ number: 4, groups: 1 });
  program.kill('SIGINT');
  expect(await program.exit).toBe(1);
  expect(program.stderr.at(-1)).toBe('jetbank: broken off; call it again to go on');
  const next = startJetbank(bank.env, ...REBUILD, '--groups', '2');
  expect(await next.exit, next.stderr.join('\n')).toBe(0);
  expect(next.stderr).toContain('removing build 4, which was broken off');
  expect(next.stderr).toContain(`replaying from stream sequence 0 to ${last} into build 5`);
  await expectReadModelsOf(bank.db, await bank.ledger(), { number: 5, groups: 2 });
}, 60_000);
