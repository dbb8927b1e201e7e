import type { Logger } from '../logger.ts';
import { messageOf } from '../message-of.ts';
import { ProblemError } from '../problem.ts';
import { onFileChange } from '../watch-file.ts';
import { KEY_PREFIX, loadCallers } from './api-keys.ts';
import type { FindCaller } from './api-keys.ts';
import type { Caller } from './caller.ts';
import { InvalidToken, jwtVerifier } from './jwt.ts';
import type { AuthOn } from './settings.ts';

/** The credentials of a request are missing or wrong; `challenge` is the WWW-Authenticate (RFC 6750). */
export class Unauthenticated extends ProblemError {
  readonly challenge: string;

  constructor(detail: string, given: boolean) {
    super('unauthenticated', detail);
    const error = given ? `, error="invalid_token", error_description="${quoted(detail)}"` : '';
    this.challenge = `Bearer realm="jetbank"${error}`;
  }
}

const quoted = (text: string) => text.replaceAll(/["\\]/g, "'");

/**
 * The caller of a request, by its Authorization header; at once, or later where a token is verified.
 * @throws Unauthenticated
 * @throws ProblemError `unavailable` where the keys of tokens cannot be fetched.
 */
export type Authenticate = (authorization: string | undefined) => Caller | Promise<Caller>;

export function authenticator({ keysFile, jwt }: AuthOn, log: Logger): Authenticate {
  const findCaller = keysFile === undefined ? undefined : currentCallers(keysFile, log);
  const verify = jwt && jwtVerifier(jwt, log);
  return (authorization) => {
    const token = bearerToken(authorization);
    if (token.startsWith(KEY_PREFIX)) {
      const caller = findCaller?.(token);
      if (caller !== undefined) return caller;
      throw new Unauthenticated('the API key is not known here', true);
    }
    if (verify === undefined) throw new Unauthenticated('an API key is needed', true);
    const caller = verify(token);
    return caller instanceof Promise ? caller.catch(refuseToken) : caller;
  };

  function refuseToken(error: unknown): never {
    if (error instanceof InvalidToken) {
      throw new Unauthenticated(`the token is not valid: ${error.message}`, true);
    }
    log.warn({ error }, 'a token cannot be verified');
    const detail = 'the token cannot be verified right now; nothing was done';
    throw new ProblemError('unavailable', detail, { retryAfterSeconds: 1, cause: error });
  }
}

/** RFC 6750: in the header only, since addresses are logged. */
function bearerToken(authorization: string | undefined): string {
  if (authorization === undefined) {
    throw new Unauthenticated('send Authorization: Bearer with an API key or a token', false);
  }
  const [, token] = /^bearer +([\w\-.~+/]+=*)$/i.exec(authorization) ?? [];
  if (token !== undefined) return token;
  throw new Unauthenticated('Authorization must be Bearer and an API key or a token', true);
}

/** The keys of the file as it is: a change counts within a second; one that cannot be read changes nothing. */
function currentCallers(path: string, log: Logger): FindCaller {
  let current = loadCallers(path);
  onFileChange(path, () => {
    try {
      current = loadCallers(path);
      log.info({ path }, 'the API keys were read again');
    } catch (error) {
      log.error({ reason: messageOf(error) }, 'the API keys stay as they were');
    }
  });
  return (key) => current(key);
}
