import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bearer, testKey, writeKeys } from '../support/api-keys.ts';
import { eventually } from '../support/await.ts';
import { logged, startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { openEventStream } from '../support/event-stream.ts';
import { keyed } from '../support/http.ts';
import type { Answer } from '../support/http.ts';
import { tempFolder } from '../support/temp-folder.ts';
import type { TempFolder } from '../support/temp-folder.ts';
import {
  AUDIENCE,
  reheaded,
  startTokenIssuer,
  tampered,
  unsigned,
} from '../support/token-issuer.ts';
import type { TokenIssuer } from '../support/token-issuer.ts';

const teller = testKey('teller', ['accounts:write', 'accounts:read']);
const tellerNext = testKey('teller', ['accounts:write', 'accounts:read']);
const auditor = testKey('auditor', ['accounts:read']);
const branch = testKey('branch', ['accounts:write']);
const hasty = testKey('hasty', ['accounts:write'], { requestsPerSecond: 2 });
const stranger = testKey('teller', ['accounts:write']);
const ALL = [teller, auditor, branch, hasty];

let folder: TempFolder;
let keysFile: string;
let issuer: TokenIssuer;
let bank: Bank;
let commands: BankService;
let queries: BankService;
let accountId: string;
let token: string;

const by = ({ key }: { readonly key: string }) => bearer(key);

beforeAll(async () => {
  folder = await tempFolder('credentials');
  keysFile = join(folder.path, 'keys.json');
  await writeKeys(keysFile, ALL);
  issuer = await startTokenIssuer();
  bank = await startBank({
    env: {
      LOG_LEVEL: 'debug',
      HTTP_API_KEYS_FILE: keysFile,
      HTTP_JWT_JWKS_URL: issuer.jwksUrl.href,
      HTTP_JWT_ISSUER: issuer.issuer,
      HTTP_JWT_AUDIENCE: AUDIENCE,
      HTTP_METRICS_AUTH: 'true',
    },
  });
  [commands, queries] = await Promise.all([bank.startCommand(), bank.startQuery()]);
  token = await issuer.token({ scope: 'accounts:read accounts:write' });
  accountId = (await commands.create('100.00', by(teller))).account.accountId;
});
afterAll(async () => {
  await bank.stop();
  await issuer.stop();
  await folder.remove();
});

function expectUnauthenticated(answer: Answer, detail: RegExp): void {
  expect(answer.problem).toMatchObject({ status: 401, code: 'unauthenticated' });
  expect(answer.problem.detail).toMatch(detail);
  expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="jetbank"/);
}

describe('a request is let in', () => {
  test.each([
    ['a key', () => teller.key],
    ['a token', () => token],
  ])('with %s, to commands and queries', async (_, credential) => {
    const headers = bearer(credential());
    const { sequence } = (await commands.deposit(accountId, '1.00', headers)).account;
    const answer = await queries.get(`/accounts/${accountId}?minSequence=${sequence}`, headers);
    expect(answer.account.accountId).toBe(accountId);
  });

  test('whatever the case of Bearer', async () => {
    const answer = await commands.deposit(accountId, '1.00', { authorization: `bEARER ${token}` });
    expect(answer.status).toBe(200);
  });
});

describe('refused with 401 is', () => {
  test.each<[string, () => string | Promise<string>, RegExp]>([
    ['a key of the same name that is not in the file', () => stranger.key, /key is not known/],
    ['a key cut short', () => teller.key.slice(0, -1), /key is not known/],
    ['a key of nobody', () => `jb_nobody_${'x'.repeat(43)}`, /key is not known/],
    ['a token of another time', () => issuer.token({ exp: 1 }), /: it has expired$/],
    ['a token for others', () => issuer.token({ aud: 'eve' }), /: its claim "aud" is wrong$/],
    ['a token of nobody', () => issuer.token({ sub: undefined }), /: its claim "sub" is missing$/],
    ['a token without a signature', () => unsigned(token), /: its algorithm is not allowed$/],
    [
      'a token that was changed',
      () => tampered(token, { sub: 'eve' }),
      /: its signature is wrong$/,
    ],
    [
      'a token whose header asks for what no header of an answer may have',
      () => reheaded(token, { alg: 'ES256', crit: ['eve\n'] }),
      /^the token is not valid: its header asks for what is not supported$/,
    ],
    ['a word', () => 'hunter2', /: it is no signed JWT$/],
  ])('%s', async (_, credential, detail) => {
    const answer = await commands.deposit(accountId, '1.00', bearer(await credential()));
    expectUnauthenticated(answer, detail);
    expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ['no credential', {}],
    ['a password', { authorization: `Basic ${Buffer.from('ada:hunter2').toString('base64')}` }],
    ['a key alone', { authorization: teller.key }],
    ['two keys', { authorization: `Bearer ${teller.key}, Bearer ${teller.key}` }],
  ])('%s', async (_, headers) => {
    expectUnauthenticated(await commands.deposit(accountId, '1.00', headers), /Authorization/);
    // Who it is comes before what it asks: nothing of a request of nobody is read.
    expectUnauthenticated(await commands.post('/accounts', 'x'.repeat(100_000), headers), /Auth/);
  });

  test('a key in the address', async () => {
    expectUnauthenticated(await queries.get('/accounts?access_token=x'), /Authorization/);
  });
});

test('a caller without the scope is refused with 403, and nothing is written', async () => {
  const before = (await bank.ledger()).lastSequence;
  const refused = [
    await commands.deposit(accountId, '1.00', by(auditor)),
    await commands.deposit(accountId, '1.00', bearer(await issuer.token({ scope: 'write' }))),
    await commands.get('/metrics', by(teller)),
    await queries.get('/projections', by(auditor)),
    await queries.get(`/accounts/${accountId}/live`, by(branch)),
  ];
  for (const { problem } of refused) {
    expect(problem).toMatchObject({ status: 403, code: 'insufficient_scope' });
  }
  expect(refused[0]?.problem.detail).toBe('key:auditor lacks the scope accounts:write');
  expect((await bank.ledger()).lastSequence).toBe(before);
  const operator = bearer(await issuer.token({ scope: 'ops' }));
  expect((await queries.get('/projections', operator)).status).toBe(200);
  expect((await commands.get('/metrics', operator)).text).toContain('status="403"');
});

test('an idempotency key is its caller’s: another one learns nothing of the answer', async () => {
  const first = await commands.deposit(accountId, '3.00', { ...by(teller), ...keyed('mine') });
  expect(first.status).toBe(200);
  const before = (await bank.ledger()).lastSequence;
  for (const other of [by(branch), bearer(token)]) {
    const refused = await commands.deposit(accountId, '3.00', { ...other, ...keyed('mine') });
    expect(refused.problem).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    expect(refused.text).not.toContain(first.account.balance);
  }
  const opened = await commands.create('1.00', { ...by(teller), ...keyed('open') });
  const refused = await commands.create('1.00', { ...by(branch), ...keyed('open') });
  expect(refused.problem.code).toBe('idempotency_key_reused');
  expect(refused.text).not.toContain(opened.account.accountId);
  expect((await bank.ledger()).lastSequence).toBe(before + 1);
  const again = await commands.deposit(accountId, '3.00', { ...by(teller), ...keyed('mine') });
  expect(again.text).toBe(first.text);
});

test('a key is changed without a gap and revoked without a restart; a broken file changes nothing', async () => {
  const deposit = ({ key }: { readonly key: string }, headers = {}) =>
    commands.deposit(accountId, '1.00', { ...bearer(key), ...headers });
  const first = await deposit(teller, keyed('before-the-change'));
  await writeKeys(keysFile, [...ALL, tellerNext]);
  await eventually(async () => (await deposit(tellerNext)).status === 200);
  expect((await deposit(teller)).status).toBe(200);
  // The caller is the same, and so are its idempotency keys.
  expect((await deposit(tellerNext, keyed('before-the-change'))).text).toBe(first.text);

  // Each service looks at the file by itself.
  await eventually(async () => (await queries.get('/accounts', by(tellerNext))).status === 200);
  const live = (by: { readonly key: string }) =>
    openEventStream(`${queries.url}/accounts/${accountId}/live`, '', bearer(by.key));
  const [revoked, valid] = [await live(teller), await live(tellerNext)];
  await writeKeys(keysFile, [auditor, branch, hasty, tellerNext]);
  await eventually(async () => (await deposit(teller)).status === 401);
  const ended = revoked.ended.then(() => true);
  await eventually(async () => {
    await deposit(tellerNext);
    return Promise.race([ended, sleep(20, false)]);
  });
  const { sequence } = (await deposit(tellerNext)).account;
  await eventually(() => valid.events.at(-1)?.id === sequence);
  valid.close();
  expect((await deposit(tellerNext)).status).toBe(200);

  await writeFile(keysFile, '{"keys": [');
  const said = () => logged(commands.process, 'the API keys stay as they were').length > 0;
  await eventually(said);
  expect((await deposit(tellerNext)).status).toBe(200);
});

test('who sends more than its limit is told when to come back, and others are not held up', async () => {
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => commands.deposit(accountId, '0.01', by(hasty))),
  );
  const refused = answers.filter(({ status }) => status === 429);
  expect(answers.filter(({ status }) => status === 200).length).toBe(8 - refused.length);
  expect(refused.length).toBeGreaterThanOrEqual(5);
  for (const { problem, headers } of refused) {
    expect(problem).toMatchObject({ code: 'rate_limited', title: expect.any(String) as string });
    expect(headers.get('retry-after')).toBe('1');
  }
  expect((await commands.deposit(accountId, '0.01', by(branch))).status).toBe(200);
  await eventually(async () => {
    return (await commands.deposit(accountId, '0.01', by(hasty))).status === 200;
  });
});

test('no credential gets into the logs, nor into an answer', async () => {
  const secrets = [...ALL, tellerNext, stranger].flatMap(({ key, entry }) => [key, entry.sha256]);
  const echo = await commands.get(`/${encodeURIComponent('jb_x')}`, {
    authorization: 'Bearer jb_x',
  });
  expect(echo.text).not.toContain('Bearer jb_x');
  for (const { process } of [commands, queries]) {
    const log = process.stdout.join('\n');
    expect(log).toContain('"caller":"key:teller"');
    expect(log).toContain('requests are authenticated');
    for (const secret of [...secrets, token]) expect(log).not.toContain(secret);
    expect(log).not.toContain('hunter2');
  }
});
