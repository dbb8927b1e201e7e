import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { metric } from '../support/metrics.ts';

const METRIC = /^(?:# (?:HELP|TYPE) .+|[a-zA-Z_:][\w:]*(?:\{[^{}]*\})? (?:[-+\d.e]+|NaN|[+-]Inf))$/;

interface OpenApi {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Record<string, Record<string, Operation>>;
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly required: boolean };
  readonly responses: Record<
    string,
    { readonly description: string; readonly headers?: Readonly<Record<string, unknown>> }
  >;
}

const mayLackBody = (route: string) => /\/(?:close|unfreeze|capture|release)$/.test(route);

let bank: Bank;
let services: { readonly commands: BankService; readonly queries: BankService };

beforeAll(async () => {
  bank = await startBank();
  const [commands, queries] = await Promise.all([bank.startCommand(), bank.startQuery()]);
  services = { commands, queries };
  const { accountId, sequence } = (await commands.create(1)).account;
  await commands.withdraw(accountId, 2);
  await queries.get(`/accounts/${accountId}?minSequence=${sequence}`);
});
afterAll(() => bank.stop());

describe.each([
  {
    name: 'commands' as const,
    routes: [
      'post /accounts',
      'post /accounts/{accountId}/close',
      'post /accounts/{accountId}/deposit',
      'post /accounts/{accountId}/freeze',
      'post /accounts/{accountId}/holds',
      'post /accounts/{accountId}/holds/{holdId}/capture',
      'post /accounts/{accountId}/holds/{holdId}/release',
      'post /accounts/{accountId}/unfreeze',
      'post /accounts/{accountId}/withdraw',
      'post /transfers',
      'put /accounts/{accountId}/overdraft-limit',
    ],
    retryable: {
      409: ['concurrent_update'],
      503: ['overloaded', 'unavailable'],
      504: ['outcome_unknown'],
    },
    checks: ['nats'],
    metrics: [
      'jetbank_command_duration_seconds_count',
      'jetbank_appends_total',
      'jetbank_append_events_count',
      'jetbank_cache_lookups_total',
    ],
    zeroes: ['jetbank_mailbox_waiting_commands', 'jetbank_open_commands'],
  },
  {
    name: 'queries' as const,
    routes: [
      'get /accounts',
      'get /accounts/{accountId}',
      'get /accounts/{accountId}/events',
      'get /accounts/{accountId}/live',
      'get /accounts/{accountId}/transactions',
      'get /live',
      'get /projections',
      'get /proof',
    ],
    retryable: { 503: ['unavailable'] },
    checks: ['mongo', 'nats', 'projection'],
    metrics: [
      'jetbank_projected_events_total',
      'jetbank_projection_batch_events_count',
      'jetbank_projection_sequence',
    ],
    zeroes: [
      'jetbank_live_clients',
      'jetbank_projection_lag_events',
      'jetbank_projected_repeats_total',
    ],
  },
])('the service of the $name', ({ name, routes, retryable, checks, metrics, zeroes }) => {
  test('/openapi.json describes its routes in OpenAPI 3.1', async () => {
    const answer = await services[name].get('/openapi.json');
    const { openapi, info, paths } = answer.body as OpenApi;
    expect(openapi).toMatch(/^3\.1\.\d+$/);
    expect(info.title).toContain('jetbank');
    const found = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path}`),
    );
    expect(found.toSorted()).toEqual(routes);
    for (const [path, operations] of Object.entries(paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
        const inPath = operation.parameters?.filter((parameter) => parameter.in === 'path') ?? [];
        expect(inPath.map((parameter) => parameter.name)).toEqual(named);
        expect(operation.requestBody !== undefined).toBe(method !== 'get');
        const statuses = Object.keys(operation.responses);
        expect(statuses).toContain('400');
        expect(statuses.some((status) => status.startsWith('2'))).toBe(true);
        for (const { description } of Object.values(operation.responses)) {
          expect(description).not.toBe('');
        }
      }
    }
  });

  test('/openapi.json has no keyword of this program, and says which bodies may be missing', async () => {
    const { text, body } = await services[name].get('/openapi.json');
    expect(text).not.toMatch(/"(?:errorMessage|optional|oneForm)"/);
    const missing = Object.entries((body as OpenApi).paths).flatMap(([path, { post }]) =>
      post?.requestBody?.required === false ? [path] : [],
    );
    expect(text.includes('"oneOf":[{"required":["fromAccountId"')).toBe(name === 'commands');
    expect(missing.toSorted()).toEqual(routes.filter(mayLackBody).map((route) => route.slice(5)));
  });

  test('/openapi.json says which problems pass, and that they carry Retry-After', async () => {
    const { paths } = (await services[name].get('/openapi.json')).body as OpenApi;
    const passing = new Map(Object.entries(retryable));
    for (const { responses } of Object.values(paths).flatMap((path) => Object.values(path))) {
      for (const [status, codes] of passing) {
        for (const code of codes) expect(responses[status]?.description).toContain(`\`${code}\``);
      }
      const carrying = Object.keys(responses).filter((status) => {
        return responses[status]?.headers?.['retry-after'] !== undefined;
      });
      expect(carrying).toEqual([...passing.keys()]);
    }
  });

  test('/docs is a page for people', async () => {
    const answer = await services[name].get('/docs');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('text/html');
    expect(answer.text).toContain('<html');
  });

  test('/healthz and /readyz say that it is well', async () => {
    const health = await services[name].get('/healthz');
    expect([health.status, health.body]).toEqual([200, { status: 'ok' }]);
    const ready = await services[name].get('/readyz');
    expect(ready.status).toBe(200);
    const body = ready.body as { status: string; checks: Record<string, { ok: boolean }> };
    expect(body.status).toBe('ready');
    expect(Object.keys(body.checks).toSorted()).toEqual(checks);
    for (const { ok } of Object.values(body.checks)) expect(ok).toBe(true);
  });

  test('its log is one JSON object a line on stdout', () => {
    const { stdout, stderr } = services[name].process;
    expect(stdout.length).toBeGreaterThan(0);
    for (const line of stdout) expect(JSON.parse(line)).toMatchObject({ level: 'info' });
    expect(stderr).toEqual([]);
  });

  test('/metrics is Prometheus text and counts what was done', async () => {
    const { url } = services[name];
    const answer = await services[name].get('/metrics');
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const lines = answer.text.split('\n').filter((line) => line !== '');
    expect(lines.filter((line) => !METRIC.test(line))).toEqual([]);
    for (const wanted of metrics) expect(await metric(url, wanted), wanted).toBeGreaterThan(0);
    for (const zero of zeroes) {
      expect(answer.text).toContain(`# TYPE ${zero} `);
      expect(await metric(url, zero), zero).toBe(0);
    }
  });
});
