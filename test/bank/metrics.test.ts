import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/await.ts';
import { startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { shownMetrics } from '../support/exposition.ts';
import type { ShownMetric } from '../support/exposition.ts';
import { keyed } from '../support/http.ts';
import { documentedMetrics } from '../support/metrics-page.ts';
import { metric } from '../support/metrics.ts';
import { missingIn } from '../support/promql.ts';
import { readAlerts, readDashboard } from '../support/observability.ts';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}/;

let bank: Bank;
let commands: BankService;
let queries: BankService;
let shown: { readonly commands: Shown; readonly queries: Shown };

type Shown = ReadonlyMap<string, ShownMetric>;

beforeAll(async () => {
  bank = await startBank();
  [commands, queries] = await Promise.all([bank.startCommand(), bank.startQuery()]);
  const { accountId } = (await commands.create(1)).account;
  for (const amount of [1, 2, 3, 4]) await commands.deposit(accountId, amount, keyed(`k${amount}`));
  await commands.deposit(accountId, 1, keyed('k1'));
  await commands.withdraw(accountId, 100);
  const { sequence } = (await commands.deposit(accountId, 1)).account;
  await queries.get(`/accounts/${accountId}?minSequence=${sequence}`);
  await queries.get(`/nothing/${accountId}`);
  // Told by one scrape to the next.
  await eventually(async () => {
    expect(await metric(queries.url, 'jetbank_log_last_sequence')).toBe(sequence);
    expect(await metric(queries.url, 'jetbank_projection_build_sequence')).toBe(sequence);
    expect(await metric(commands.url, 'jetbank_snapshots_total', { result: 'written' })).toBe(1);
  });
  const [ofCommands, ofQueries] = await Promise.all([
    shownMetrics(commands.url),
    shownMetrics(queries.url),
  ]);
  shown = { commands: ofCommands, queries: ofQueries };
});
afterAll(() => bank.stop());

describe.each([
  { service: 'commands' as const, section: 'Command service' },
  { service: 'queries' as const, section: 'Query service' },
])('docs/metrics.md and the service of the $service', ({ service, section }) => {
  test('tell of the same metrics, with the same labels', () => {
    const tables = documentedMetrics();
    const told = [...(tables.get('Both services') ?? []), ...(tables.get(section) ?? [])];
    const own = [...shown[service].values()].filter(({ name }) => !/^(process|nodejs)_/.test(name));
    const byName = <T extends { readonly name: string }>(metrics: readonly T[]) =>
      metrics.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    expect(byName(own.map(({ name, type }) => ({ name, type })))).toEqual(
      byName(told.map(({ name, type }) => ({ name, type }))),
    );
    for (const { name, labels } of told) {
      const found = shown[service].get(name);
      if (found === undefined || found.samples.length === 0) continue;
      expect([...found.labels].toSorted(), name).toEqual(labels);
    }
  });

  test('the metrics of the process that the page names are there', () => {
    const text = readFileSync('docs/metrics.md', 'utf8');
    const named = [...text.matchAll(/`((?:process|nodejs)_\w+)`/g)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(5);
    for (const name of named) expect([...shown[service].keys()]).toContain(name);
  });

  test('names end in their unit, and no label holds an id', () => {
    for (const { name, type, samples } of shown[service].values()) {
      if (type === 'counter') expect(name).toMatch(/_total$/);
      for (const { labels } of samples) expect(JSON.stringify(labels)).not.toMatch(UUID);
    }
  });
});

test('commands, repeats, appends and snapshots are counted', async () => {
  const { url } = commands;
  const deposits = 'jetbank_command_duration_seconds_count';
  expect(await metric(url, deposits, { command: 'Deposit', outcome: 'done' })).toBe(6);
  expect(await metric(url, deposits, { command: 'Withdraw', outcome: 'refused' })).toBe(1);
  expect(await metric(url, 'jetbank_command_repeats_total', { command: 'Deposit' })).toBe(1);
  expect(await metric(url, 'jetbank_appends_total', { outcome: 'stored' })).toBe(6);
  expect(await metric(url, 'jetbank_append_duration_seconds_count')).toBe(6);
  expect(await metric(url, 'jetbank_append_commands_sum')).toBe(6);
  expect(await metric(url, 'jetbank_append_events_sum')).toBe(6);
  expect(await metric(url, 'jetbank_appends_in_flight')).toBe(0);
  const routes = shown.queries.get('http_request_duration_seconds')?.samples ?? [];
  expect(new Set(routes.map(({ labels }) => labels['route']))).toContain('unknown');
});

test('connections show their state', async () => {
  for (const { url } of [commands, queries]) {
    expect(await metric(url, 'jetbank_nats_connected')).toBe(1);
    expect(await metric(url, 'jetbank_nats_rtt_seconds')).toBeGreaterThan(0);
  }
  expect(await metric(queries.url, 'jetbank_mongo_up')).toBe(1);
  expect(await metric(queries.url, 'jetbank_mongo_pool_connections')).toBeGreaterThan(0);
  expect(await metric(queries.url, 'jetbank_mongo_pool_waiting')).toBe(0);
});

/** The metrics of both services; the labels are those that samples have, or that the page names. */
function allMetrics() {
  const labels = new Map(
    [...documentedMetrics().values()].flat().map((told) => [told.name, told.labels]),
  );
  const shownOnes = [...shown.commands.values(), ...shown.queries.values()];
  return new Map(
    shownOnes.map(({ name, type, labels: found }) => {
      return [name, { type, labels: new Set([...found, ...(labels.get(name) ?? [])]) }];
    }),
  );
}

test('the dashboard asks only for metrics and labels that there are', () => {
  const metrics = allMetrics();
  const { panels, templating } = readDashboard();
  const queries = panels.flatMap(({ title, targets = [] }) =>
    targets.map((target) => ({ title, ...target })),
  );
  expect(queries.length).toBeGreaterThan(30);
  for (const { title, expr, legendFormat } of queries) {
    expect(missingIn(expr, [legendFormat], metrics), `${title}: ${expr}`).toEqual([]);
  }
  for (const { query } of templating.list) {
    if (typeof query !== 'string') expect(missingIn(query.query, [], metrics)).toEqual([]);
  }
});

test('every metric of ours is on the dashboard', () => {
  const text = JSON.stringify(readDashboard());
  const own = [...allMetrics().keys()].filter((name) => name.startsWith('jetbank_'));
  expect(own.filter((name) => !text.includes(name))).toEqual([]);
});

test('the alerts ask only for metrics and labels that there are', () => {
  const metrics = allMetrics();
  for (const { alert, expr, annotations } of readAlerts()) {
    expect(missingIn(expr, Object.values(annotations), metrics), alert).toEqual([]);
  }
});

test('a lost connection to NATS shows at once, and its return is counted', async () => {
  bank.nats.kill('SIGKILL');
  await eventually(async () => {
    for (const { url } of [commands, queries]) {
      expect(await metric(url, 'jetbank_nats_connected')).toBe(0);
    }
  });
  await bank.nats.restart();
  await eventually(async () => {
    for (const { url } of [commands, queries]) {
      expect(await metric(url, 'jetbank_nats_connected')).toBe(1);
      expect(await metric(url, 'jetbank_nats_reconnects_total')).toBe(1);
    }
  });
});
