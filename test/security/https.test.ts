import { once } from 'node:events';
import { copyFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { get } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { connect, TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inRepository } from '../packaging/support/repository.ts';
import { run } from '../packaging/support/run.ts';
import { eventually } from '../support/await.ts';
import { COMMAND_SERVICE, logged } from '../support/bank.ts';
import { testAuthority } from '../support/certificates.ts';
import type { TestAuthority } from '../support/certificates.ts';
import { startService } from '../support/process.ts';
import type { ServiceProcess } from '../support/process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import type { TempFolder } from '../support/temp-folder.ts';

/** Nothing listens there: the service says that it is alive, and not ready. */
const NO_NATS = 'nats://127.0.0.1:9';

/** The type of a TLS record that begins a handshake; the rest never comes. */
const HANDSHAKE_RECORD = Buffer.from([0x16]);

let folder: TempFolder;
let authority: TestAuthority;
let service: ServiceProcess;
let port: number;
let cert: string;
let key: string;
let tls: Readonly<Record<string, string>>;

beforeAll(async () => {
  folder = await tempFolder('https');
  authority = await testAuthority(folder.path);
  ({ cert, key } = await authority.issue('bank', ['127.0.0.1']));
  tls = { HTTP_TLS_CERT: cert, HTTP_TLS_KEY: key };
  service = await startService(COMMAND_SERVICE, { NATS_URL: NO_NATS, ...tls });
  port = Number(new URL(await service.listening()).port);
});
afterAll(async () => {
  await service.stop();
  await folder.remove();
});

interface Answered {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  /** Common name of the certificate. */
  readonly subject: string;
}

function ask(path: string): Promise<Answered> {
  const ca = readFileSync(authority.ca);
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, ca, agent: false }, (response) => {
      const { socket, statusCode: status, headers } = response;
      const subject = socket instanceof TLSSocket ? socket.getPeerCertificate().subject.CN : '';
      response.resume();
      resolve({ status, headers, subject: String(subject) });
    }).on('error', reject);
  });
}

/** The version that is agreed on with a client that speaks no newer one. */
function agreed(maxVersion: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'): Promise<string | null> {
  const ca = readFileSync(authority.ca);
  return new Promise((resolve, reject) => {
    // The lowest level lets this client offer what is too old.
    const ciphers = 'DEFAULT@SECLEVEL=0';
    const socket = connect({
      host: '127.0.0.1',
      port,
      ca,
      minVersion: 'TLSv1',
      maxVersion,
      ciphers,
    });
    socket.on('error', reject);
    socket.on('secureConnect', () => {
      resolve(socket.getProtocol());
      socket.destroy();
    });
  });
}

test('it answers over HTTPS, and tells browsers to come back that way', async () => {
  const { status, headers } = await ask('/healthz');
  expect(status).toBe(200);
  expect(headers['strict-transport-security']).toBe('max-age=31536000');
  expect(headers['x-content-type-options']).toBe('nosniff');
});

test('it speaks TLS 1.2 and 1.3, nothing older and no plain HTTP', async () => {
  expect(await agreed('TLSv1.3')).toBe('TLSv1.3');
  expect(await agreed('TLSv1.2')).toBe('TLSv1.2');
  await expect(agreed('TLSv1.1')).rejects.toThrow(/protocol version|unsupported protocol/i);
  await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
});

test('the image’s health check asks it over HTTPS', async () => {
  const entrypoint = inRepository('deploy', 'docker-entrypoint.sh');
  const env = { ...process.env, PORT: String(port), HTTP_TLS_CERT: cert };
  expect((await run('sh', [entrypoint, 'healthcheck'], { env })).code).toBe(0);
  expect((await run('sh', [entrypoint, 'healthcheck', '/readyz'], { env })).code).toBe(1);
});

test('a renewed certificate is used without a restart; a broken one changes nothing', async () => {
  expect((await ask('/healthz')).subject).toBe('bank');
  const renewed = await authority.issue('bank-renewed', ['127.0.0.1']);
  await copyFile(renewed.cert, cert);
  // Certificate and key do not fit together until both are there.
  await eventually(() => logged(service, 'the certificate stays as it was').length > 0);
  expect((await ask('/healthz')).subject).toBe('bank');
  await copyFile(renewed.key, key);
  await eventually(async () => (await ask('/healthz')).subject === 'bank-renewed');
});

test('connections without a request do not hold up the stop', async () => {
  const stopped = await startService(COMMAND_SERVICE, { NATS_URL: NO_NATS, ...tls });
  const to = { host: '127.0.0.1', port: Number(new URL(await stopped.listening()).port) };
  // Accepted in this order, so that all are when the last has its handshake.
  const handshaking = connectTcp(to).on('connect', () => handshaking.write(HANDSHAKE_RECORD));
  await once(handshaking, 'connect');
  const halfRequest = connect({ ...to, ca: readFileSync(authority.ca) });
  await once(halfRequest, 'secureConnect');
  halfRequest.write('GET /healthz HTTP/1.1\r\n');
  const openedInAdvance = connect({ ...to, ca: readFileSync(authority.ca) });
  await once(openedInAdvance, 'secureConnect');
  const sockets = [handshaking, halfRequest, openedInAdvance];
  for (const socket of sockets) socket.on('error', () => undefined);

  expect((await stopped.stop()).code).toBe(0);
  expect(logged(stopped, 'stopped')).toHaveLength(1);
});

test.each([
  ['one without the other', () => ({ HTTP_TLS_CERT: cert }), 'HTTP_TLS_CERT and HTTP_TLS_KEY go'],
  [
    'what is no certificate',
    () => ({ HTTP_TLS_CERT: join(inRepository(), 'package.json'), HTTP_TLS_KEY: key }),
    'package.json, HTTP_TLS_KEY ',
  ],
])('%s ends the service with 1 and a line that says so', async (_, env, message) => {
  const { stdout, exited } = await startService(COMMAND_SERVICE, env());
  expect((await exited).code).toBe(1);
  expect(stdout.join('\n')).toContain(message);
});
