import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeEvent } from '../../src/event-store/event-codec.ts';
import { subjectOf } from '../../src/event-store/subjects.ts';
import { depositAfter } from '../support/account-events.ts';
import { eventually } from '../support/await.ts';
import { logged, startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { keyed } from '../support/http.ts';
import { startOtlpCollector } from '../support/otlp-collector.ts';
import type { CollectedSpan, OtlpCollector } from '../support/otlp-collector.ts';
import { tempFolder } from '../support/temp-folder.ts';
import type { TempFolder } from '../support/temp-folder.ts';

const CLIENT = { trace: '4bf92f3577b34da6a3ce929d0e0e4736', span: '00f067aa0ba902b7' };
const SAMPLED = { traceparent: `00-${CLIENT.trace}-${CLIENT.span}-01` };
const UNSAMPLED = { traceparent: `00-a3ce929d0e0e47364bf92f3577b34da6-${CLIENT.span}-00` };
const KINDS = { server: 2, producer: 4, consumer: 5 };

let collector: OtlpCollector;
let bank: Bank;
let jsm: JetStreamManager;
let scripts: TempFolder;
let traced: BankService;
let untraced: BankService;
let queries: BankService;

beforeAll(async () => {
  [collector, bank, scripts] = await Promise.all([
    startOtlpCollector(),
    startBank(),
    tempFolder('scripts'),
  ]);
  const on = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '20',
  };
  // Node writes the URLs of all scripts that it loaded there when it ends.
  const coverage = (name: string) => ({ NODE_V8_COVERAGE: join(scripts.path, name) });
  [traced, untraced, queries] = await Promise.all([
    bank.startCommand({ ...on, ...coverage('traced') }),
    bank.startCommand(coverage('untraced')),
    bank.startQuery({ ...on, OTEL_SERVICE_NAME: 'ledger-reads' }),
  ]);
  jsm = await jetstreamManager(bank.nc);
});
afterAll(async () => {
  await bank.stop();
  await Promise.all([collector.close(), scripts.remove()]);
});

/** The `traceparent` of an event's message; empty where it has none. */
async function headerAt(sequence: number): Promise<string> {
  const message = await jsm.streams.getMessage('ACCOUNTS', { seq: sequence });
  return message!.header.get('traceparent');
}

/** The spans of a trace by name, once so many have come. */
async function spansOf(traceId: string, count: number): Promise<Map<string, CollectedSpan>> {
  await eventually(
    () => collector.spans.filter((span) => span.traceId === traceId).length >= count,
  );
  const found = collector.spans.filter((span) => span.traceId === traceId);
  expect(found).toHaveLength(count);
  return new Map(found.map((span) => [span.name, span]));
}

test('one deposit is one trace, from the client over request and append to the read models', async () => {
  const { accountId } = (await untraced.create('10.00')).account;
  const answer = await traced.deposit(accountId, '1.00', { ...SAMPLED, 'x-request-id': 'req-1' });
  const { sequence } = answer.account;
  const spans = await spansOf(CLIENT.trace, 3);
  const request = spans.get('POST /accounts/:accountId/deposit')!;
  const append = spans.get('append ACCOUNTS')!;
  const projection = spans.get('project accounts')!;

  expect(request).toMatchObject({
    ...{ service: 'account-cmd', kind: KINDS.server, parentSpanId: CLIENT.span, status: 0 },
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/accounts/:accountId/deposit',
      'http.response.status_code': 200,
      'jetbank.request.id': 'req-1',
    },
  });
  expect(append).toMatchObject({
    ...{ service: 'account-cmd', kind: KINDS.producer, parentSpanId: request.spanId, status: 0 },
    attributes: { 'jetbank.account.id': accountId, 'jetbank.append.outcome': 'stored' },
  });
  expect(await headerAt(sequence)).toBe(`00-${CLIENT.trace}-${append.spanId}-01`);
  expect(projection).toMatchObject({
    ...{ service: 'ledger-reads', kind: KINDS.consumer, parentSpanId: append.spanId, status: 0 },
    attributes: { 'messaging.consumer.group.name': 'accounts-v1', 'jetbank.sequence': sequence },
  });
});

test('each command that shares an append has its own trace', async () => {
  const { accountId } = (await traced.create('10.00')).account;
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => traced.deposit(accountId, '1.00')),
  );
  const headers = await Promise.all(answers.map(({ account }) => headerAt(account.sequence)));
  const traces = headers.map((header) => header.split('-')[1]!);
  expect(new Set(traces).size).toBe(5);
  for (const trace of traces) {
    const spans = await spansOf(trace, 3);
    const first = spans.get('POST /accounts/:accountId/deposit')!;
    expect(first.parentSpanId ?? '').toBe('');
    expect(spans.get('append ACCOUNTS')!.parentSpanId).toBe(first.spanId);
  }
});

test('a trace that the client does not sample leaves nothing, neither spans nor a header', async () => {
  const { sequence } = (await traced.create('1.00', UNSAMPLED)).account;
  expect(await headerAt(sequence)).toBe('');
  const after = (await traced.create('1.00')).account;
  await spansOf((await headerAt(after.sequence)).split('-')[1]!, 3);
  expect(collector.spans.filter(({ traceId }) => UNSAMPLED.traceparent.includes(traceId))).toEqual(
    [],
  );
});

test('queries have a span; health and metrics have none', async () => {
  await queries.get('/accounts?limit=1');
  for (const path of ['/readyz', '/healthz', '/metrics']) await queries.get(path);
  await eventually(() => collector.spans.some(({ name }) => name === 'GET /accounts'));
  const names = collector.spans.map(({ name }) => name);
  expect(names.filter((name) => /readyz|healthz|metrics/.test(name))).toEqual([]);
});

test('the log lines of a command that fails name its request, account, command and trace', async () => {
  const { accountId, sequence } = (await traced.create('10.00')).account;
  const opened = (await bank.ledger()).eventsOf(accountId).at(-1)!;
  const lie = encodeEvent(depositAfter(opened, 1n, { balance: 5n }));
  await jetstream(bank.nc).publish(subjectOf(accountId), lie, {
    expect: { lastSubjectSequence: sequence },
  });
  const headers = { ...SAMPLED, ...keyed('key-7'), 'x-request-id': 'req-7' };
  const answer = await traced.deposit(accountId, '1.00', headers);
  expect(answer.problem).toMatchObject({ code: 'internal_error', requestId: 'req-7' });

  await eventually(() => logged(traced.process, '"msg":"request failed"').length > 0);
  const known = { level: 'error', requestId: 'req-7', accountId, traceId: CLIENT.trace };
  expect(logged(traced.process, '"msg":"request failed"')).toEqual([
    expect.objectContaining({ ...known, error: expect.anything() as unknown }),
  ]);
  expect(logged(traced.process, '"msg":"a command failed')).toEqual([
    expect.objectContaining({
      ...known,
      ...{ command: 'Deposit', commandId: 'key-7', outcome: 'failed' },
    }),
  ]);
  const [line = ''] = traced.process.stdout.filter((text) => text.includes('a command failed'));
  expect(line.match(/"requestId":/g)).toHaveLength(1);
});

test('without an endpoint no event gets a header of ours, and a client’s own passes', async () => {
  const plain = (await untraced.create('1.00')).account;
  const carried = (await untraced.create('1.00', SAMPLED)).account;
  expect(await headerAt(plain.sequence)).toBe('');
  expect(await headerAt(carried.sequence)).toBe(SAMPLED.traceparent);
});

test('a collector that hangs holds up no stop, and nothing of OpenTelemetry’s SDK is loaded without traces', async () => {
  collector.hang();
  await traced.create('1.00');
  const begin = performance.now();
  const ends = await Promise.all([traced.process.stop(), untraced.process.stop()]);
  expect(performance.now() - begin).toBeLessThan(5_000);
  expect(ends.map(({ code }) => code)).toEqual([0, 0]);
  // The API alone does nothing; prom-client brings it along.
  const isSdk = (url: string) => url.includes('opentelemetry') && !url.includes('/api/');
  expect(loadedBy('traced').filter(isSdk).length).toBeGreaterThan(10);
  expect(loadedBy('untraced').filter(isSdk)).toEqual([]);
});

/** The URLs of the scripts that a process had loaded when it ended. */
function loadedBy(name: string): string[] {
  const folder = join(scripts.path, name);
  const urls = readdirSync(folder).flatMap((file) => {
    const { result } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
      readonly result: readonly { readonly url: string }[];
    };
    return result.map(({ url }) => url);
  });
  expect(urls.some((url) => url.endsWith('/src/account-cmd/main.ts'))).toBe(true);
  return urls;
}
