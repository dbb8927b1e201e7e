import { chmod, chown, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createKey, listKeys, revokeKey } from '../../src/cli/keys.ts';
import { changeKeys } from '../../src/cli/keys-file.ts';
import { findCallers, readKeysFile } from '../../src/platform/auth/api-keys.ts';
import { testKey, writeKeys } from '../support/api-keys.ts';
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
  [listKeys, ['--file', '/nonexistent'], '/nonexistent: there is no such file'],
  [revokeKey, ['teller', '--file', '/tmp/nonexistent'], 'there is no such file'],
])('%o %o is refused', (command, args, message) => {
  expect(() => command(args, {})).toThrow(message);
});

describe('a file that is being changed', () => {
  let path: string;
  const teller = testKey('teller', ['ops']);
  const revoke = () => revokeKey(['teller', '--file', path], {});
  beforeEach(async () => {
    path = join(folder.path, 'changed.json');
    await writeKeys(path, [teller]);
  });

  test('is left to the command that changes it: no other one reads what that replaces', () => {
    changeKeys(path, (keys) => {
      expect(revoke).toThrow('another keys command is running');
      return keys;
    });
    expect(readKeysFile(path).keys).toEqual([teller.entry]);
    revoke();
    expect(readKeysFile(path).keys).toEqual([]);
  });

  test('is not changed where a command was killed, until somebody has had a look', async () => {
    await writeFile(`${path}.new`, 'half');
    expect(revoke).toThrow('another keys command is running, or one was killed');
    expect(revoke).toThrow(`remove ${path}.new`);
    expect(await readFile(`${path}.new`, 'utf8')).toBe('half');
    expect(readKeysFile(path).keys).toEqual([teller.entry]);
    await rm(`${path}.new`);
  });

  test('is not held up by a command that failed', () => {
    expect(() => revokeKey(['nobody', '--file', path], {})).toThrow('has no such key');
    revoke();
    expect(readKeysFile(path).keys).toEqual([]);
  });

  test('keeps its mode, whatever the umask', async () => {
    await chmod(path, 0o664);
    revoke();
    expect((await stat(path)).mode & 0o777).toBe(0o664);
  });

  // Only root may give a file away.
  describe.runIf(process.geteuid?.() === 0)('and is the service’s own', () => {
    const SERVICE = { uid: 12_345, gid: 12_346 };
    const NOBODY = 65_534;

    test('stays so when root changes it', async () => {
      await chown(path, SERVICE.uid, SERVICE.gid);
      await chmod(path, 0o600);
      revoke();
      const { uid, gid, mode } = await stat(path);
      expect({ uid, gid, mode: mode & 0o777 }).toEqual({ ...SERVICE, mode: 0o600 });
    });

    test('is left as it was by somebody who cannot give it back', async () => {
      await chown(path, SERVICE.uid, SERVICE.gid);
      await chmod(path, 0o644);
      await chmod(folder.path, 0o777);
      process.seteuid?.(NOBODY);
      try {
        expect(revoke).toThrow(`${path} is of user ${SERVICE.uid}, group ${SERVICE.gid}`);
      } finally {
        process.seteuid?.(0);
      }
      expect(readKeysFile(path).keys).toEqual([teller.entry]);
      expect(await readdir(folder.path)).not.toContain('changed.json.new');
    });
  });
});
