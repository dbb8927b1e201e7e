import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { sendRaw } from '../support/raw-http.ts';

let bank: Bank;
let commands: BankService;
let queries: BankService;

beforeAll(async () => {
  bank = await startBank({ env: { HTTP_AUTH: 'off' } });
  [commands, queries] = await Promise.all([bank.startCommand(), bank.startQuery()]);
});
afterAll(() => bank.stop());

const JSON_TYPE = { 'content-type': 'application/json' };

test.each<[string, number, () => Parameters<typeof sendRaw>]>([
  [
    'a command',
    201,
    () => [
      commands.url,
      {
        method: 'POST',
        path: '/accounts',
        headers: JSON_TYPE,
        body: '{"ownerName":"Ada","initialBalance":1}',
      },
    ],
  ],
  ['a query', 200, () => [queries.url, { method: 'GET', path: '/accounts' }]],
  ['a wrong path', 400, () => [queries.url, { method: 'GET', path: '/accounts/%zz' }]],
  ['no route', 404, () => [queries.url, { method: 'GET', path: '/x' }]],
  [
    'a large body',
    413,
    () => [
      commands.url,
      { method: 'POST', path: '/accounts', headers: JSON_TYPE, body: ' '.repeat(20_000) },
    ],
  ],
  [
    'large headers',
    431,
    () => [queries.url, { method: 'GET', path: '/accounts', headers: { x: 'x'.repeat(20_000) } }],
  ],
  ['its health', 200, () => [queries.url, { method: 'GET', path: '/healthz' }]],
])(
  'the answer to %s is stored nowhere, runs nothing, and names no software',
  async (_, status, sent) => {
    const answer = await sendRaw(...sent());
    expect(answer.status).toBe(status);
    const headers = Object.fromEntries(answer.headers);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
    });
    for (const name of [
      'server',
      'x-powered-by',
      'strict-transport-security',
      'access-control-allow-origin',
    ]) {
      expect(headers).not.toHaveProperty(name);
    }
  },
);

test('live events are stored nowhere either', async () => {
  const controller = new AbortController();
  const { headers } = await fetch(`${queries.url}/live`, { signal: controller.signal });
  controller.abort();
  expect(headers.get('cache-control')).toBe('no-store, no-transform');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
});

test('the page at /docs may run its own scripts only, and what it loads is there', async () => {
  const page = await fetch(`${commands.url}/docs`);
  const policy = page.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
  expect(policy).not.toContain('unsafe');
  expect(policy).toContain("frame-ancestors 'none'");
  const html = await page.text();
  // Nothing inline: the policy would keep it from running.
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/);
  expect(html).not.toMatch(/<style|\son\w+=/);
  const loaded = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
  expect(loaded.length).toBeGreaterThan(3);
  for (const path of loaded) {
    const { status, headers } = await fetch(new URL(path, page.url));
    expect(status, path).toBe(200);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  }
});
