import type { webcrypto } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { JWK, JWTPayload } from 'jose';

/** Those of a token; undefined for one that it lacks. */
type Claims = { readonly [Name in keyof JWTPayload]: JWTPayload[Name] | undefined };

/** Who makes tokens, and publishes the keys to check them with. */
export interface TokenIssuer {
  readonly issuer: string;
  readonly jwksUrl: URL;
  /** The public key that tokens are signed with now. */
  publicKey(): JWK;
  /** A token for `audience`, good for a minute; `claims` replaces or, with undefined, removes claims. */
  token(claims?: Claims, header?: Readonly<Record<string, string>>): Promise<string>;
  /** Signs with a new key from now on, and publishes only that one. */
  rotate(): Promise<void>;
  /** While it is away, the address of the keys answers 500. */
  away(away: boolean): void;
  stop(): Promise<void>;
}

export const AUDIENCE = 'jetbank';

interface SigningKey {
  readonly privateKey: webcrypto.CryptoKey;
  readonly jwk: JWK;
}

async function newSigningKey(kid: string): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256' } };
}

export async function startTokenIssuer(): Promise<TokenIssuer> {
  let generation = 1;
  let key = await newSigningKey('key-1');
  let isAway = false;
  const server = createServer((_request, response) => {
    response.writeHead(isAway ? 500 : 200).end(JSON.stringify({ keys: [key.jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    jwksUrl: new URL('/keys', issuer),
    publicKey: () => key.jwk,
    token(claims, header) {
      const now = Math.floor(Date.now() / 1_000);
      const usual = { iss: issuer, aud: AUDIENCE, sub: 'ada', exp: now + 60 };
      return new SignJWT({ ...usual, ...claims } as JWTPayload)
        .setProtectedHeader({ alg: 'ES256', kid: `key-${generation}`, ...header })
        .sign(key.privateKey);
    },
    async rotate() {
      generation += 1;
      key = await newSigningKey(`key-${generation}`);
    },
    away: (away) => void (isAway = away),
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The token's claims under `alg: none`, without a signature. */
export function unsigned(token: string): string {
  return `${encoded({ alg: 'none', typ: 'JWT' })}.${token.split('.')[1] ?? ''}.`;
}

/** The token under another header and its old signature. */
export function reheaded(token: string, header: Readonly<Record<string, unknown>>): string {
  const [, payload = '', signature = ''] = token.split('.');
  return `${encoded(header)}.${payload}.${signature}`;
}

/** The token with other claims under its old signature. */
export function tampered(token: string, claims: JWTPayload): string {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const told = JSON.parse(Buffer.from(payload, 'base64url').toString()) as JWTPayload;
  return `${header}.${encoded({ ...told, ...claims })}.${signature}`;
}
