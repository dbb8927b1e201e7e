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
      const fault = faultOf(error);
      throw fault === undefined ? error : new InvalidToken(fault, { cause: error });
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

/**
 * What jose finds wrong with a token, by its error code, in words of our own: some of jose's quote
 * the token, which nobody has vouched for, and they would get into a header of the answer.
 * @see https://github.com/panva/jose/blob/main/docs/util/errors/README.md
 */
const FAULTS: ReadonlyMap<string, string> = new Map([
  [errors.JWTInvalid.code, 'it is no JWT'],
  [errors.JWSInvalid.code, 'it is no signed JWT'],
  [errors.JWSSignatureVerificationFailed.code, 'its signature is wrong'],
  [errors.JOSEAlgNotAllowed.code, 'its algorithm is not allowed'],
  [errors.JOSENotSupported.code, 'its header asks for what is not supported'],
  [errors.JWKSNoMatchingKey.code, "its key is none of the issuer's"],
  [errors.JWKSMultipleMatchingKeys.code, 'its header does not say which key of the issuer it has'],
]);

/** Undefined where the error keeps from finding out whether the token is valid. */
function faultOf(error: unknown): string | undefined {
  if (error instanceof errors.JWTExpired) return 'it has expired';
  // The claim is one of those that are asked for, never one of the token's own.
  if (error instanceof errors.JWTClaimValidationFailed) {
    return `its claim "${error.claim}" is ${error.reason === 'missing' ? 'missing' : 'wrong'}`;
  }
  return error instanceof errors.JOSEError ? FAULTS.get(error.code) : undefined;
}

/** `scope` is a text (RFC 8693); `scp` is a list, or a text as well. */
function scopesOf({ scope, scp }: JWTPayload): ReadonlySet<string> {
  const listed: readonly unknown[] = [scope, scp].flat();
  return new Set(listed.flatMap((text) => (typeof text === 'string' ? text.split(' ') : [])));
}
