import { hash } from 'node:crypto';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Logger } from '../logger.ts';
import type { Caller } from './caller.ts';

/** Tokens of one issuer for one audience, signed with a key that the JWKS has. */
export interface JwtSettings {
  readonly jwksUrl: URL;
  readonly issuer: string;
  readonly audience: string;
}

/** Signatures by a private key only: with a shared secret, whoever verifies could sign. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/** By how much the clocks of issuer and service may differ, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 5;

/** A token once verified is not verified again for so long, in milliseconds, nor beyond its end. */
const REMEMBERED_MS = 30_000;
const REMEMBERED_TOKENS = 10_000;

/** The JWKS is fetched again this often, in milliseconds, so that a key that was removed is forgotten. */
const REFRESH_MS = 300_000;
const FETCH_TIMEOUT_MS = 3_000;

/** A key that the JWKS lacks makes it be fetched again, but not sooner than this, in milliseconds. */
const COOLDOWN_MS = 5_000;

/** The token is not a valid one; the message says why, without a part of it. */
export class InvalidToken extends Error {
  override readonly name = 'InvalidToken';
}

/**
 * Who sent the token: at once where it is remembered.
 * @throws InvalidToken; any other error means that it cannot be told, the JWKS being away.
 */
export type VerifyToken = (token: string) => Caller | Promise<Caller>;

export function jwtVerifier(
  { jwksUrl, issuer, audience }: JwtSettings,
  log: Logger,
  cooldownMs = COOLDOWN_MS,
): VerifyToken {
  // The keys never go stale by themselves: while the issuer is away, those that were fetched count on.
  const jwks = createRemoteJWKSet(jwksUrl, {
    cacheMaxAge: Infinity,
    cooldownDuration: cooldownMs,
    timeoutDuration: FETCH_TIMEOUT_MS,
  });
  const refresh = () =>
    jwks.reload().catch((error: unknown) => {
      log.warn({ error, jwksUrl: jwksUrl.href }, 'HTTP_JWT_JWKS_URL: the keys cannot be fetched');
    });
  void refresh();
  setInterval(() => void refresh(), REFRESH_MS).unref();

  const remembered = new LRUCache<string, Caller>({ max: REMEMBERED_TOKENS });
  const options = {
    issuer,
    audience,
    algorithms: ALGORITHMS,
    requiredClaims: ['exp', 'sub'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
  };

  async function verify(token: string, digest: string): Promise<Caller> {
    const { payload } = await jwtVerify(token, jwks, options).catch((error: unknown) => {
      throw isInvalid(error) ? new InvalidToken(error.message, { cause: error }) : error;
    });
    const { sub = '', exp = 0 } = payload;
    const caller = { id: `jwt:${sub}`, scopes: scopesOf(payload) };
    const ttl = Math.min(REMEMBERED_MS, exp * 1_000 - Date.now());
    if (ttl > 0) remembered.set(digest, caller, { ttl });
    return caller;
  }

  return (token) => {
    const digest = hash('sha256', token, 'base64');
    return remembered.get(digest) ?? verify(token, digest);
  };
}

/** What jose finds wrong with a token, as opposed to what keeps it from finding out. */
function isInvalid(error: unknown): error is errors.JOSEError {
  return [
    errors.JWTExpired,
    errors.JWTClaimValidationFailed,
    errors.JWTInvalid,
    errors.JWSInvalid,
    errors.JWSSignatureVerificationFailed,
    errors.JOSEAlgNotAllowed,
    errors.JOSENotSupported,
    errors.JWKSNoMatchingKey,
    errors.JWKSMultipleMatchingKeys,
  ].some((kind) => error instanceof kind);
}

/** `scope` is a text (RFC 8693); `scp` is a list, or a text as well. */
function scopesOf({ scope, scp }: JWTPayload): ReadonlySet<string> {
  const listed: readonly unknown[] = [scope, scp].flat();
  return new Set(listed.flatMap((text) => (typeof text === 'string' ? text.split(' ') : [])));
}
