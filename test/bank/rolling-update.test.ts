import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/await.ts';
import { startBalancer } from '../support/balancer.ts';
import type { Balancer } from '../support/balancer.ts';
import { logged, startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { bankClient, keyed } from '../support/http.ts';
import type { Answer } from '../support/http.ts';
import { expectSound } from '../support/ledger.ts';

const REPLICAS = 2;
const CLIENTS = 6;
/** Twenty times as long as the balancer takes to notice, as everything here shares the cores. */
const DRAIN_SECONDS = '2';

/** Several of one service, and what stands before them. */
interface Fleet {
  readonly balancer: Balancer;
  readonly start: () => Promise<BankService>;
  readonly running: BankService[];
}

let bank: Bank;
let commands: Fleet;
let queries: Fleet;

beforeAll(async () => {
  bank = await startBank({ env: { DRAIN_SECONDS } });
  [commands, queries] = await Promise.all([
    startFleet(() => bank.startCommand()),
    startFleet(() => bank.startQuery()),
  ]);
}, 60_000);

afterAll(async () => {
  await Promise.all([commands.balancer.stop(), queries.balancer.stop()]);
  await bank.stop();
});

async function startFleet(start: Fleet['start']): Promise<Fleet> {
  const balancer = await startBalancer();
  const running = await Promise.all(Array.from({ length: REPLICAS }, start));
  for (const { url } of running) balancer.add(url);
  await eventually(async () => (await fetch(`${balancer.url}/healthz`)).status === 200);
  return { balancer, start, running };
}

/** As a Deployment with maxSurge 1 and maxUnavailable 0 does it. */
async function replaceOneAfterAnother({ balancer, start, running }: Fleet): Promise<void> {
  for (const old of running.splice(0)) {
    const fresh = await start();
    running.push(fresh);
    balancer.add(fresh.url);
    expect(await old.process.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    balancer.remove(old.url);
  }
}

test('both services are replaced under load, and no request fails', async () => {
  const command = bankClient(commands.balancer.url);
  const query = bankClient(queries.balancer.url);
  const failures: string[] = [];
  const acknowledged: string[] = [];
  let answered = 0;
  let over = false;

  function expectSuccess(what: string, { status, text }: Answer): void {
    answered += 1;
    if (status >= 300) failures.push(`${what}: ${status} ${text}`);
  }
  /** Deposits, each sent once, and after each a query that must show it. */
  async function client(name: number): Promise<void> {
    const { accountId } = (await command.create(0)).account;
    for (let count = 1; !over; count += 1) {
      const key = `${name}-${count}`;
      const deposit = await command.deposit(accountId, '1.00', keyed(key));
      expectSuccess('deposit', deposit);
      if (deposit.status !== 200) continue;
      acknowledged.push(key);
      const { sequence, balance } = deposit.account;
      const shown = await query.get(`/accounts/${accountId}?minSequence=${sequence}`);
      expectSuccess('query', shown);
      if (shown.status === 200) expect(shown.account.balance).toBe(balance);
    }
  }

  const clients = Array.from({ length: CLIENTS }, (_, name) => client(name));
  const old = [...commands.running, ...queries.running];
  await Promise.all([replaceOneAfterAnother(commands), replaceOneAfterAnother(queries)]);
  over = true;
  await Promise.all(clients);

  expect(failures).toEqual([]);
  expect(answered).toBeGreaterThan(200);
  // They did drain, and were in use until then.
  for (const { process } of old) expect(logged(process, 'draining').length).toBe(1);
  const ledger = await bank.ledger();
  const deposits = ledger.events.filter(({ event }) => event.type === 'MoneyDeposited');
  expect(deposits.length).toBe(acknowledged.length);
  expectSound(ledger);
}, 90_000);
