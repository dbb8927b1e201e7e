import { execFile } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { historyWriter } from '../support/history.ts';
import type { HistoryWriter } from '../support/history.ts';
import { seededRandom } from '../support/random.ts';
import { untilProjected } from '../support/read-models.ts';

let bank: Bank;
let history: HistoryWriter;
let queries: BankService;

beforeAll(async () => {
  bank = await startBank();
  history = await historyWriter(bank.nc, seededRandom('rebuild'), 100);
  queries = await bank.startQuery();
});
afterAll(() => bank.stop());

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function jetbank(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const env = { ...process.env, ...bank.env };
    execFile(process.execPath, ['src/cli/main.ts', ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

test('smoke', async () => {
  let last = 0;
  for (let i = 0; i < 20; i += 1) last = await history.write(100);
  await untilProjected(bank.db, last);
  for (const args of [
    ['status'],
    ['rebuild', 'accounts'],
    ['status'],
    ['verify'],
    ['rebuild', 'accounts', '--groups', '4', '--verify'],
    ['status'],
    ['rebuild', 'accounts', '--rollback'],
    ['status', '--json'],
  ]) {
    const result = await jetbank('projections', ...args);
    console.log(args.join(' '), result.code, result.stdout, result.stderr);
  }
  const more = await history.write(100);
  const answer = await queries.get(`/accounts?minSequence=${more}`);
  expect(answer.status).toBe(200);
  console.log((await queries.get('/readyz')).text);
}, 120_000);
