import { readFileSync } from 'node:fs';
import { credsAuthenticator, nkeyAuthenticator, usernamePasswordAuthenticator } from 'nats';
import type { Authenticator } from 'nats';
import type { EnvironmentReader } from './environment.ts';

/** How a connection shows who it is. */
export interface NatsCredentials {
  /** For logs: the user's name, or the public key of an nkey. */
  readonly user: string;
  /** Asked at each connect and reconnect, when it reads its file again: a secret may be replaced. */
  readonly authenticator: Authenticator;
}

/** User and password as they stand in a URL. */
export interface UrlCredentials {
  readonly user: string;
  readonly password: string;
}

/** Reads the credentials of one of four places; rejects two places at once, and half of a pair. */
export function readNatsCredentials(
  env: EnvironmentReader,
  inUrl: UrlCredentials | undefined,
): NatsCredentials | undefined {
  const user = env.optional('NATS_USER');
  const password = env.changingSecret('NATS_PASSWORD');
  const creds = env.file('NATS_CREDS_FILE');
  const nkey = env.file('NATS_NKEY_FILE');
  const isSet = (name: string) => env.optional(name) !== undefined;
  const places = [
    inUrl !== undefined && 'NATS_URL',
    (user ?? password) !== undefined && 'NATS_USER and NATS_PASSWORD',
    creds !== undefined && 'NATS_CREDS_FILE',
    nkey !== undefined && 'NATS_NKEY_FILE',
  ].filter((place) => place !== false);
  if (places.length > 1) {
    env.reject(`credentials stand in ${places.join(', and in ')}: keep one of them`);
    return undefined;
  }
  if (inUrl !== undefined) return passwordOf(inUrl.user, () => inUrl.password);
  if (creds !== undefined) {
    const wanted = 'a credentials file (JWT and nkey seed)';
    return keyed(env, 'NATS_CREDS_FILE', wanted, creds, credsAuthenticator);
  }
  if (nkey !== undefined) {
    const wanted = "a file with a user's nkey seed, which begins with SU";
    return keyed(env, 'NATS_NKEY_FILE', wanted, nkey, seedAuthenticator);
  }
  const passwordIsSet = isSet('NATS_PASSWORD') || isSet('NATS_PASSWORD_FILE');
  if (isSet('NATS_USER') !== passwordIsSet) {
    env.reject('NATS_USER and NATS_PASSWORD (or NATS_PASSWORD_FILE) must be set both, or neither');
  }
  return user === undefined || password === undefined ? undefined : passwordOf(user, password);
}

const passwordOf = (user: string, password: () => string): NatsCredentials => ({
  user,
  authenticator: usernamePasswordAuthenticator(user, password),
});

/**
 * Tries the file once, so that a wrong one is told of at start; no message holds any of it. Later the
 * one that worked last stands in for a file that is gone or half written: the client gives a
 * connection up for good when this throws.
 */
function keyed(
  env: EnvironmentReader,
  name: string,
  wanted: string,
  path: string,
  authenticatorOf: (contents: Uint8Array) => Authenticator,
): NatsCredentials | undefined {
  let last = new Uint8Array();
  const show = (nonce?: string) => {
    const contents = readFileSync(path);
    const shown = authenticatorOf(contents)(nonce);
    last = contents;
    return shown;
  };
  try {
    const { nkey } = { nkey: undefined, ...show() };
    if (nkey === undefined) throw new Error('no key');
    const authenticator: Authenticator = (nonce) => {
      try {
        return show(nonce);
      } catch {
        return authenticatorOf(last)(nonce);
      }
    };
    return { user: nkey, authenticator };
  } catch {
    env.reject(`${name} must name ${wanted}`);
    return undefined;
  }
}

/** The file may hold other lines besides the seed, such as the public key that `nk` prints. */
function seedAuthenticator(contents: Uint8Array): Authenticator {
  const lines = new TextDecoder().decode(contents).split('\n');
  const seed = lines.map((line) => line.trim()).find((line) => line.startsWith('SU'));
  if (seed === undefined) throw new Error('no seed');
  return nkeyAuthenticator(new TextEncoder().encode(seed));
}
