import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nkeys } from 'nats';
import { afterAll, describe, expect, it } from 'vitest';
import { environmentReader } from './environment.ts';
import { readNatsSettings } from './nats-settings.ts';
import type { NatsSettings } from './nats-settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'jetbank-nats-settings-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function read(variables: Record<string, string>): NatsSettings {
  const env = environmentReader(variables);
  const settings = readNatsSettings(env);
  env.done();
  return settings;
}

const shownBy = ({ credentials }: NatsSettings) => credentials?.authenticator('nonce');

const user = nkeys.createUser();
const seed = new TextDecoder().decode(user.getSeed());
const publicKey = user.getPublicKey();
const creds = [
  '-----BEGIN NATS USER JWT-----',
  'a.jwt.here',
  '------END NATS USER JWT------',
  '',
  '-----BEGIN USER NKEY SEED-----',
  seed,
  '------END USER NKEY SEED------',
  '',
].join('\n');

describe('NATS_URL', () => {
  it('is the local server without it: no credentials, TLS where offered', () => {
    const [servers, credentials, tls] = [['127.0.0.1:4222'], undefined, undefined];
    expect(read({})).toEqual({ servers, credentials, tls });
  });

  it.each([
    ['nats://a', undefined],
    ['tls://a', {}],
    ['nats://a, tls://b:1', {}],
  ])('%s demands TLS: %o', (url, tls) => {
    expect(read({ NATS_URL: url }).tls).toEqual(tls);
  });

  it('may hold user and password, which leave the addresses', () => {
    const settings = read({ NATS_URL: 'tls://me:p%40ss:4%25@a:7,tls://me:p%40ss:4%25@[::1]' });
    expect(settings.servers).toEqual(['a:7', '[::1]:4222']);
    expect(settings.credentials?.user).toBe('me');
    expect(shownBy(settings)).toEqual({ user: 'me', pass: 'p@ss:4%' });
  });

  it.each([
    ['tls://tok3n@a', /^NATS_URL holds a user or a token alone/],
    ['tls://:tok3n@a', /^NATS_URL holds a user or a token alone/],
    ['tls://me:tok3n@a,tls://b', /^NATS_URL must hold the same user and password/],
    ['tls://me:tok3n%@a', /^NATS_URL holds a %/],
    ['http://me:tok3n@a', /^NATS_URL must be a comma-separated list/],
  ])('%s is refused, and not repeated', (url, complaint) => {
    expect(() => read({ NATS_URL: url })).toThrow(complaint);
    expect(() => read({ NATS_URL: url })).not.toThrow(/tok3n/);
  });
});

describe('credentials', () => {
  it('may be a password from a file, which is read again at each connect', () => {
    const path = file('password', 'first\n');
    const settings = read({ NATS_USER: 'me', NATS_PASSWORD_FILE: path });
    expect(shownBy(settings)).toEqual({ user: 'me', pass: 'first' });
    file('password', 'second\n');
    expect(shownBy(settings)).toEqual({ user: 'me', pass: 'second' });
    rmSync(path);
    expect(shownBy(settings)).toEqual({ user: 'me', pass: 'second' });
  });

  it.each([
    ['NATS_NKEY_FILE', `${seed}\n`],
    ['NATS_NKEY_FILE', `# of the command service\n${seed}\n${publicKey}\n`],
    ['NATS_CREDS_FILE', creds],
  ])('may be in %s, named by their public key', (name, text) => {
    const settings = read({ [name]: file('keyed', text) });
    expect(settings.credentials?.user).toBe(publicKey);
    expect(shownBy(settings)).toMatchObject({ nkey: publicKey });
    // Half written by whoever replaces it.
    file('keyed', text.slice(0, 10));
    expect(shownBy(settings)).toMatchObject({ nkey: publicKey });
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['a user alone', { NATS_USER: 'me' }, /NATS_USER and NATS_PASSWORD .* must be set both/],
    ['a password alone', { NATS_PASSWORD: 'tok3n' }, /NATS_USER and NATS_PASSWORD .* be set both/],
    [
      'two kinds',
      { NATS_URL: 'nats://a:tok3n@b', NATS_NKEY_FILE: file('seed', seed) },
      /credentials stand in NATS_URL, and in NATS_NKEY_FILE: keep one/,
    ],
    ['no seed', { NATS_NKEY_FILE: file('no-seed', 'tok3n') }, /^NATS_NKEY_FILE must name a file/],
    [
      'a broken seed',
      { NATS_NKEY_FILE: file('broken', 'SUtok3n') },
      /^NATS_NKEY_FILE must name a file/,
    ],
    ['no creds', { NATS_CREDS_FILE: file('no-creds', 'tok3n') }, /^NATS_CREDS_FILE must name a/],
    [
      'a missing password file',
      { NATS_USER: 'me', NATS_PASSWORD_FILE: '/nowhere/tok3' },
      /^NATS_PASSWORD_FILE names a file that cannot be read: ENOENT[^;]*$/,
    ],
    [
      'a missing seed file',
      { NATS_NKEY_FILE: '/nowhere/tok3' },
      /^NATS_NKEY_FILE names a file that cannot be read: ENOENT[^;]*$/,
    ],
  ])('are refused: %s', (_, variables, complaint) => {
    expect(() => read(variables)).toThrow(complaint);
    expect(() => read(variables)).not.toThrow(/tok3n/);
  });
});

describe('TLS files', () => {
  it.each<[string, Record<string, string>, RegExp]>([
    [
      'a CA that is not there',
      { NATS_TLS_CA: '/nowhere' },
      /^NATS_TLS_CA names a file that cannot/,
    ],
    ['a CA that is none', { NATS_TLS_CA: file('ca', 'x') }, /^NATS_TLS_CA must name a file with/],
    ['half a pair', { NATS_TLS_CERT: file('crt', 'x') }, /^NATS_TLS_CERT and NATS_TLS_KEY must be/],
    [
      'a pair that is none',
      { NATS_TLS_CERT: file('crt', 'x'), NATS_TLS_KEY: file('key', 'tok3n') },
      /^NATS_TLS_CERT must name a certificate in PEM format, and NATS_TLS_KEY its key$/,
    ],
  ])('are refused: %s', (_, variables, complaint) => {
    expect(() => read(variables)).toThrow(complaint);
    expect(() => read(variables)).not.toThrow(/tok3n/);
  });
});
