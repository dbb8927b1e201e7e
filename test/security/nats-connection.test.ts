import { nkeys } from 'nats';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { environmentReader } from '../../src/platform/environment.ts';
import { readNatsSettings } from '../../src/platform/nats-settings.ts';
import { connectNats, describeConnection } from '../../src/platform/nats.ts';
import { eventually } from '../support/await.ts';
import { testAuthority } from '../support/certificates.ts';
import type { CertificateFiles, TestAuthority } from '../support/certificates.ts';
import { startTestNats } from '../support/nats.ts';
import type { TestNats } from '../support/nats.ts';
import { tempFolder } from '../support/temp-folder.ts';
import type { TempFolder } from '../support/temp-folder.ts';

const PASSWORD = 'pass:word@%';
const USER = { NATS_USER: 'me', NATS_PASSWORD: PASSWORD };

let folder: TempFolder;
let ca: TestAuthority;
let other: TestAuthority;
let seedFile: string;
let publicKey: string;
/** By what is special about it. */
const servers = new Map<string, TestNats>();

const tlsOf = ({ cert, key }: CertificateFiles, more = '') =>
  `tls { cert_file: "${cert}", key_file: "${key}", ca_file: "${ca.ca}"${more} }`;

const usersWith = (password: string) =>
  `authorization { users: [ { user: me, password: "${password}" }, { nkey: ${publicKey} } ] }`;

beforeAll(async () => {
  folder = await tempFolder('nats-connection');
  ca = await testAuthority(folder.path);
  other = await testAuthority(folder.path, 'other');
  const user = nkeys.createUser();
  publicKey = user.getPublicKey();
  seedFile = join(folder.path, 'seed');
  await writeFile(seedFile, user.getSeed());
  const here = await ca.issue('here', ['localhost', '127.0.0.1']);
  const byAddress = await ca.issue('by-address', ['127.0.0.1']);
  const elsewhere = await ca.issue('elsewhere', ['nats.example']);
  const configs = {
    plain: '',
    secure: tlsOf(here),
    elsewhere: tlsOf(elsewhere),
    mutual: tlsOf(byAddress, ', verify: true'),
  };
  for (const [name, config] of Object.entries(configs)) {
    servers.set(name, await startTestNats({ config: `${config}\n${usersWith(PASSWORD)}` }));
  }
});
afterAll(async () => {
  for (const server of servers.values()) await server.remove();
  await folder.remove();
});

const urlOf = (name: string, scheme = 'tls', host = '127.0.0.1') =>
  `${scheme}://${host}:${servers.get(name)?.port ?? 0}`;

function settingsOf(variables: Readonly<Record<string, string>>) {
  const env = environmentReader(variables);
  const settings = readNatsSettings(env);
  env.done();
  return settings;
}

/** What the connection is told to be, once a message went over it. */
async function connected(variables: Readonly<Record<string, string>>) {
  const settings = settingsOf(variables);
  const nc = await connectNats('test', settings);
  await nc.flush();
  const { tls, user } = describeConnection(nc, settings);
  await nc.close();
  return `${tls ? 'TLS' : 'plain'} as ${user}`;
}

describe('a connection is made', () => {
  it('in plain text where that is all there is and nothing more was asked for', async () => {
    expect(await connected({ NATS_URL: urlOf('plain', 'nats'), ...USER })).toBe('plain as me');
  });

  it('with the credentials of the URL', async () => {
    const url = urlOf('plain', 'nats', `me:${encodeURIComponent(PASSWORD)}@127.0.0.1`);
    expect(await connected({ NATS_URL: url })).toBe('plain as me');
  });

  it.each([
    ['by IP address', 'tls', '127.0.0.1'],
    ['by name', 'tls', 'localhost'],
    ['with the scheme nats', 'nats', '127.0.0.1'],
  ])('over TLS, %s', async (_, scheme, host) => {
    const variables = { NATS_URL: urlOf('secure', scheme, host), NATS_TLS_CA: ca.ca, ...USER };
    expect(await connected(variables)).toBe('TLS as me');
  });

  it('with an nkey', async () => {
    const variables = { NATS_URL: urlOf('secure'), NATS_TLS_CA: ca.ca, NATS_NKEY_FILE: seedFile };
    expect(await connected(variables)).toBe(`TLS as ${publicKey}`);
  });

  it('with a client certificate', async () => {
    const { cert, key } = await ca.issue('client', []);
    const files = { NATS_TLS_CA: ca.ca, NATS_TLS_CERT: cert, NATS_TLS_KEY: key };
    expect(await connected({ NATS_URL: urlOf('mutual'), ...files, ...USER })).toBe('TLS as me');
  });
});

describe('no connection is made, and the error says what to do', () => {
  const refused = async (variables: Readonly<Record<string, string>>) => {
    const error: unknown = await connected(variables).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    const { message } = error as Error;
    expect(message).not.toContain(PASSWORD);
    return message;
  };

  it.each([
    ['tls://', () => ({ NATS_URL: urlOf('plain') })],
    ['NATS_TLS_CA', () => ({ NATS_URL: urlOf('plain', 'nats'), NATS_TLS_CA: ca.ca })],
  ])('where the server has no TLS: %s', async (_, variables) => {
    const message = await refused({ ...variables(), ...USER });
    expect(message).toMatch(/NATS_URL: no connection to .*asks for TLS, which the server does not/);
  });

  it.each([
    ['tls', undefined],
    ['nats', undefined],
    ['tls', () => other.ca],
  ])('where %s://, the CA being %o, does not tell who signed', async (scheme, authority) => {
    const trusted = authority === undefined ? {} : { NATS_TLS_CA: authority() };
    const message = await refused({ NATS_URL: urlOf('secure', scheme), ...USER, ...trusted });
    expect(message).toMatch(/: set NATS_TLS_CA to the certificate of the authority/);
  });

  it.each(['127.0.0.1', 'localhost'])('where the certificate is not for %s', async (host) => {
    const url = urlOf('elsewhere', 'tls', host);
    const message = await refused({ NATS_URL: url, NATS_TLS_CA: ca.ca, ...USER });
    expect(message).toMatch(/: name the server in NATS_URL as its certificate does/);
  });

  it('where a client certificate is asked for', async () => {
    const message = await refused({ NATS_URL: urlOf('mutual'), NATS_TLS_CA: ca.ca, ...USER });
    expect(message).toMatch(/client certificates, set NATS_TLS_CERT and NATS_TLS_KEY/);
  });

  it.each<[string, Record<string, string>]>([
    ['no user', {}],
    ['a wrong password', { ...USER, NATS_PASSWORD: 'wrong' }],
  ])('with %s', async (_, user) => {
    const message = await refused({ NATS_URL: urlOf('secure'), NATS_TLS_CA: ca.ca, ...user });
    expect(message).toMatch(/Authorization Violation: check NATS_USER and NATS_PASSWORD/);
  });
});

it('a password that is replaced, on the server first, ends no connection for good', async () => {
  const passwordFile = join(folder.path, 'password');
  await writeFile(passwordFile, 'old');
  const server = await startTestNats({ config: usersWith('old') });
  try {
    const settings = settingsOf({
      NATS_URL: server.url,
      NATS_USER: 'me',
      NATS_PASSWORD_FILE: passwordFile,
    });
    const nc = await connectNats('test', settings);
    const refusals: unknown[] = [];
    void (async () => {
      for await (const status of nc.status()) if (status.type === 'error') refusals.push(status);
    })();
    const config = join(server.dataDir, 'nats-server.conf');
    await writeFile(config, usersWith('new'));
    server.kill('SIGHUP');
    // By default the client gives up at the second.
    await eventually(() => refusals.length >= 3);
    await writeFile(passwordFile, 'new');
    await eventually(() => nc.rtt());
    await nc.close();
  } finally {
    await server.remove();
  }
});
