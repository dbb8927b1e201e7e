import { SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  AUDIENCE,
  startTokenIssuer,
  tampered,
  unsigned,
} from '../../../test/support/token-issuer.ts';
import type { TokenIssuer } from '../../../test/support/token-issuer.ts';
import { createLogger } from '../logger.ts';
import { InvalidToken, jwtVerifier } from './jwt.ts';
import type { VerifyToken } from './jwt.ts';

let issuer: TokenIssuer;
let verify: VerifyToken;

const verifier = () =>
  jwtVerifier(
    { jwksUrl: issuer.jwksUrl, issuer: issuer.issuer, audience: AUDIENCE },
    createLogger('test', 'silent'),
    0,
  );

beforeAll(async () => {
  issuer = await startTokenIssuer();
  verify = verifier();
});
afterAll(() => issuer.stop());

const seconds = (fromNow: number) => Math.floor(Date.now() / 1_000) + fromNow;

test.each([
  [{ scope: 'accounts:read ops' }, ['accounts:read', 'ops']],
  [{ scp: ['accounts:write'] }, ['accounts:write']],
  [{ scp: 'accounts:read accounts:write' }, ['accounts:read', 'accounts:write']],
  [{ scope: { ops: true }, scp: [7, null, 'ops'] }, ['ops']],
  [{}, []],
])('a token with %j has the scopes %j', async (claims, scopes) => {
  const caller = await verify(await issuer.token(claims));
  expect(caller.id).toBe('jwt:ada');
  expect([...caller.scopes]).toEqual(scopes);
});

const REFUSED: Readonly<Record<string, (issuer: TokenIssuer) => string | Promise<string>>> = {
  'has expired': (from) => from.token({ exp: seconds(-10) }),
  'is not valid yet': (from) => from.token({ nbf: seconds(60) }),
  'never expires': (from) => from.token({ exp: undefined }),
  'says not whose it is': (from) => from.token({ sub: undefined }),
  'is from another issuer': (from) => from.token({ iss: 'https://elsewhere.example' }),
  'is for another audience': (from) => from.token({ aud: 'shop' }),
  'is for no audience': (from) => from.token({ aud: undefined }),
  'is not signed': async (from) => unsigned(await from.token()),
  'was changed': async (from) => tampered(await from.token(), { scope: 'accounts:write' }),
  'is signed with the public key as a secret': (from) => {
    const claims = { iss: from.issuer, aud: AUDIENCE, sub: 'ada', exp: seconds(60) };
    const secret = Buffer.from(JSON.stringify(from.publicKey()));
    return new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'key-1' }).sign(secret);
  },
  'is signed with a key nobody knows': (from) => from.token({}, { kid: 'key-0' }),
  'is signed with another key of that name': async () => {
    const other = await startTokenIssuer();
    const token = await other.token({ iss: issuer.issuer });
    await other.stop();
    return token;
  },
  'is no token': () => 'e30.e30',
};

test.each(Object.entries(REFUSED))('a token that %s is refused', async (_, make) => {
  const token = await make(issuer);
  await expect(async () => verify(token)).rejects.toThrow(InvalidToken);
  expect((await verify(await issuer.token())).id).toBe('jwt:ada');
});

test('a token that was verified is remembered, but not beyond its end', async () => {
  // Within the tolerance for clocks, and so good for some seconds still.
  const short = await issuer.token({ exp: seconds(-1) });
  expect((await verify(short)).id).toBe('jwt:ada');
  expect(verify(short)).toBeInstanceOf(Promise);
  const token = await issuer.token();
  await verify(token);
  expect(verify(token)).toMatchObject({ id: 'jwt:ada' });
});

test('keys are changed without a restart, also while the issuer is away for a while', async () => {
  const own = verifier();
  const before = await issuer.token({ jti: 'before' });
  await own(before);
  await issuer.rotate();
  expect((await own(await issuer.token())).id).toBe('jwt:ada');
  await expect(async () => own(await issuer.token({}, { kid: 'key-1' }))).rejects.toThrow(
    InvalidToken,
  );

  issuer.away(true);
  expect((await own(await issuer.token({ jti: 'away' }))).id).toBe('jwt:ada');
  // What nobody can check is neither let in nor called wrong.
  const fresh = verifier();
  await expect(async () => fresh(await issuer.token())).rejects.not.toBeInstanceOf(InvalidToken);
  issuer.away(false);
  expect((await fresh(await issuer.token())).id).toBe('jwt:ada');
});
