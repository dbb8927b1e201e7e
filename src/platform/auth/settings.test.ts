import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tempFolder } from '../../../test/support/temp-folder.ts';
import type { TempFolder } from '../../../test/support/temp-folder.ts';
import { environmentReader } from '../environment.ts';
import type { Environment } from '../environment.ts';
import { newKey } from './api-keys.ts';
import { readAuthSettings } from './settings.ts';

let folder: TempFolder;
const file = (name: string) => join(folder.path, name);
const SECRET = 'hunter2';

beforeAll(async () => {
  folder = await tempFolder('auth-settings');
  const { sha256 } = newKey('teller');
  const keys = [{ name: 'teller', sha256, scopes: ['ops'] }];
  await writeFile(file('keys.json'), JSON.stringify({ keys }));
  await writeFile(file('text.json'), `teller:${SECRET}`);
  await writeFile(file('plain.json'), JSON.stringify({ keys: [{ name: 'teller', key: SECRET }] }));
});
afterAll(() => folder.remove());

function read(env: Environment, host = '127.0.0.1') {
  const reader = environmentReader(env);
  const settings = readAuthSettings(reader, host);
  reader.done();
  return settings;
}

const JWT = {
  HTTP_JWT_JWKS_URL: 'https://login.example/keys',
  HTTP_JWT_ISSUER: 'https://login.example',
  HTTP_JWT_AUDIENCE: 'jetbank',
};

test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('on %s it is off by itself', (host) => {
  expect(read({}, host)).toEqual({ kind: 'off', because: 'loopback' });
});

test.each(['0.0.0.0', '::', '10.0.0.7', 'bank.example', '127.example'])(
  'on %s it must be configured, or switched off in as many words',
  (host) => {
    expect(() => read({}, host)).toThrow(
      new RegExp(`HOST is ${host}.*HTTP_API_KEYS_FILE.*HTTP_JWT_JWKS_URL.*HTTP_AUTH=off`),
    );
    expect(read({ HTTP_AUTH: 'off' }, host)).toEqual({ kind: 'off', because: 'HTTP_AUTH' });
    expect(read({ HTTP_API_KEYS_FILE: file('keys.json') }, host)).toMatchObject({ kind: 'on' });
    expect(read(JWT, host)).toMatchObject({ kind: 'on', jwt: { audience: 'jetbank' } });
  },
);

test('it is on where it is configured, also on the loopback interface', () => {
  expect(read({ ...JWT, HTTP_API_KEYS_FILE: file('keys.json'), HTTP_RATE_LIMIT: '50' })).toEqual({
    kind: 'on',
    keysFile: file('keys.json'),
    jwt: {
      jwksUrl: new URL('https://login.example/keys'),
      issuer: 'https://login.example',
      audience: 'jetbank',
    },
    requestsPerSecond: 50,
    guardMetrics: false,
  });
});

describe('refused is', () => {
  test.each<[string, () => Environment, RegExp]>([
    ['a word that is none', () => ({ HTTP_AUTH: 'no' }), /HTTP_AUTH is "no"/],
    ['on without a way', () => ({ HTTP_AUTH: 'on' }), /HTTP_AUTH is on: set HTTP_API_KEYS_FILE/],
    ['a file that is not there', () => ({ HTTP_API_KEYS_FILE: file('x') }), /FILE .*x: ENOENT/],
    ['a file that is no JSON', () => ({ HTTP_API_KEYS_FILE: file('text.json') }), /it is not JSON/],
    ['a plain key', () => ({ HTTP_API_KEYS_FILE: file('plain.json') }), /not a file of keys/],
    ['half of JWT', () => ({ ...JWT, HTTP_JWT_AUDIENCE: '' }), /set all three/],
    [
      'keys from over the net in the clear',
      () => ({ ...JWT, HTTP_JWT_JWKS_URL: 'http://login.example/keys' }),
      /HTTP_JWT_JWKS_URL is .* but must be an https/,
    ],
    ['a limit of nobody', () => ({ HTTP_RATE_LIMIT: '5' }), /HTTP_RATE_LIMIT counts by caller/],
    [
      'a limit where it is off',
      () => ({ ...JWT, HTTP_AUTH: 'off', HTTP_RATE_LIMIT: '5' }),
      /HTTP_RATE_LIMIT counts by caller/,
    ],
  ])('%s', (_, env, message) => {
    const reading = () => read(env());
    expect(reading).toThrow(message);
    expect(reading).not.toThrow(SECRET);
  });
});
