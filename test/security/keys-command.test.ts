import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKey, listKeys, revokeKey } from '../../src/cli/keys.ts';
import { findCallers, readKeysFile } from '../../src/platform/auth/api-keys.ts';

import { jetbankOk } from '../support/jetbank.ts';
import { tempFolder } from '../support/temp-folder.ts';
import type { TempFolder } from '../support/temp-folder.ts';

let folder: TempFolder;
let file: string;

beforeAll(async () => {
  folder = await tempFolder('keys');
  file = join(folder.path, 'keys.json');
});
afterAll(() => folder.remove());

const keys = (...args: string[]) => jetbankOk({ HTTP_API_KEYS_FILE: file }, 'keys', ...args);
const callers = () => findCallers(readKeysFile(file));

test('a key is made, listed and revoked; the file has its hash only and is nobody else’s', async () => {
  const write = ['--scope', 'accounts:write', '--scope', 'ops', '--rate', '50'];
  const first = await keys('create', 'teller', ...write);
  const second = await keys('create', 'teller', ...write);
  expect(first).toMatch(/^jb_teller_[\w-]{43}$/);
  expect(second).not.toBe(first);
  for (const key of [first, second]) {
    expect(callers()(key)).toEqual({
      id: 'key:teller',
      scopes: new Set(['accounts:write', 'ops']),
      requestsPerSecond: 50,
    });
    expect(await readFile(file, 'utf8')).not.toContain(key.slice('jb_teller_'.length));
  }
  expect((await stat(file)).mode & 0o777).toBe(0o600);

  const [line = ''] = (await keys('list')).split('\n');
  const [name, fingerprint = '', scopes, limit] = line.split('\t');
  expect([name, scopes, limit]).toEqual(['teller', 'accounts:write ops', '50/s']);
  await keys('revoke', 'teller', fingerprint);
  expect(callers()(first)).toBeUndefined();
  expect(callers()(second)).toBeDefined();
  await keys('revoke', 'teller');
  expect(callers()(second)).toBeUndefined();
});

test.each([
  [createKey, ['--scope', 'ops'], 'name the caller'],
  [createKey, ['teller'], '--scope accounts:read|accounts:write|ops'],
  [createKey, ['teller', '--scope', 'all'], '--scope is "all"'],
  [createKey, ['The Teller', '--scope', 'ops'], '"The Teller" is no name'],
  [createKey, ['teller', '--scope', 'ops', '--rate', '0'], '--rate is "0"'],
  [revokeKey, ['nobody', '--file', 'package.json'], 'package.json: it is not a file of keys'],
  [listKeys, ['--file', ''], 'name the file of the keys'],
])('%o %o is refused', (command, args, message) => {
  expect(() => command(args, {})).toThrow(message);
});
