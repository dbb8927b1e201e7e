import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { EnvironmentReader } from './environment.ts';
import { readNatsCredentials } from './nats-credentials.ts';
import type { NatsCredentials, UrlCredentials } from './nats-credentials.ts';

/** TLS files, as paths: they are read again at each connect, since certificates are replaced. */
export interface NatsTlsFiles {
  /** The authorities that may have signed the server's certificate. Default: those that Node knows. */
  readonly caFile?: string;
  /** The client's own certificate and key, where the server asks for them. */
  readonly certFile?: string;
  readonly keyFile?: string;
}

export interface NatsSettings {
  /** `host:port` each: neither scheme nor credentials. */
  readonly servers: readonly string[];
  readonly credentials: NatsCredentials | undefined;
  /** When set, only a connection with TLS will do; else TLS is used where the server offers it. */
  readonly tls: NatsTlsFiles | undefined;
}

const DEFAULT_URL = 'nats://127.0.0.1:4222';
const DEFAULT_PORT = '4222';

export function readNatsSettings(env: EnvironmentReader): NatsSettings {
  const urls = env.string('NATS_URL', DEFAULT_URL).split(',').map(serverUrl);
  const sound = urls.filter((url) => url !== undefined);
  // A URL may hold a password, so no complaint repeats it.
  if (sound.length < urls.length) {
    env.reject(`NATS_URL must be a comma-separated list of servers such as ${DEFAULT_URL}`);
  }
  const files = readTlsFiles(env);
  // The client library takes no notice of the scheme: without this, tls:// would go on in plain text.
  const demanded = sound.some(({ protocol }) => protocol === 'tls:');
  return {
    servers: sound.map(({ hostname, port }) => `${hostname}:${port || DEFAULT_PORT}`),
    credentials: readNatsCredentials(env, credentialsIn(sound, env)),
    tls: demanded || Object.keys(files).length > 0 ? files : undefined,
  };
}

function serverUrl(text: string): URL | undefined {
  const url = URL.parse(text.trim());
  if (url === null || url.hostname === '') return undefined;
  return ['nats:', 'tls:'].includes(url.protocol) ? url : undefined;
}

/** The client library drops them too, and connects to all servers as one user. */
function credentialsIn(urls: readonly URL[], env: EnvironmentReader): UrlCredentials | undefined {
  const [first, ...others] = urls;
  if (first === undefined) return undefined;
  const same = others.every(
    ({ username, password }) => username === first.username && password === first.password,
  );
  if (!same) {
    env.reject('NATS_URL must hold the same user and password for every server, or none');
    return undefined;
  }
  if (first.username === '' && first.password === '') return undefined;
  if (first.username === '' || first.password === '') {
    env.reject('NATS_URL holds a user or a token alone: it must be nats://USER:PASSWORD@HOST:PORT');
    return undefined;
  }
  try {
    return {
      user: decodeURIComponent(first.username),
      password: decodeURIComponent(first.password),
    };
  } catch {
    env.reject('NATS_URL holds a % in its user or password that is not written as %25');
    return undefined;
  }
}

function readTlsFiles(env: EnvironmentReader): NatsTlsFiles {
  const caFile = env.file('NATS_TLS_CA');
  const certFile = env.file('NATS_TLS_CERT');
  const keyFile = env.file('NATS_TLS_KEY');
  const isSet = (name: string) => env.optional(name) !== undefined;
  if (isSet('NATS_TLS_CERT') !== isSet('NATS_TLS_KEY')) {
    env.reject('NATS_TLS_CERT and NATS_TLS_KEY must be set both, or neither');
  }
  if (caFile !== undefined && fails(() => new X509Certificate(readFileSync(caFile)))) {
    env.reject('NATS_TLS_CA must name a file with certificates in PEM format');
  }
  if (certFile !== undefined && keyFile !== undefined) {
    const pair = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
    if (fails(() => createSecureContext(pair))) {
      env.reject('NATS_TLS_CERT must name a certificate in PEM format, and NATS_TLS_KEY its key');
    }
  }
  return {
    ...(caFile !== undefined && { caFile }),
    ...(certFile !== undefined && { certFile }),
    ...(keyFile !== undefined && { keyFile }),
  };
}

function fails(check: () => unknown): boolean {
  try {
    check();
    return false;
  } catch {
    return true;
  }
}
