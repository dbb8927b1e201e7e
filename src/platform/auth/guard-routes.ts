import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { HttpServer } from '../http-types.ts';
import type { Logger } from '../logger.ts';
import { ProblemError } from '../problem.ts';
import { authenticator, Unauthenticated } from './authenticate.ts';
import type { Authenticate } from './authenticate.ts';
import type { Caller, Scope } from './caller.ts';
import { documentScope } from './document-scope.ts';
import { rateLimiter } from './rate-limit.ts';
import type { TakeToken } from './rate-limit.ts';
import type { AuthOn, AuthSettings } from './settings.ts';

/** What anybody may ask: whether the service is well, and what its API looks like. */
const OPEN = /^\/(?:healthz|readyz|openapi\.json|docs(?:\/.*)?)$/;

/**
 * Lets a request through to a route only where its caller has the route's scope: the one in the
 * route's `config`, else `scope`. A new route is guarded without a word. To be called before any
 * route is made.
 */
export function guardRoutes(
  server: HttpServer,
  auth: AuthSettings,
  scope: Scope,
  log: Logger,
): void {
  server.decorateRequest('caller', null);
  tell(auth, log);
  if (auth.kind === 'off') {
    server.decorateRequest('stillAllowed', () => Promise.resolve(true));
    return;
  }
  const authenticate = authenticator(auth, log);
  const guard = guards(authenticate, rateLimiter(auth.requestsPerSecond));
  server.decorateRequest('stillAllowed', async function stillAllowed(this: FastifyRequest) {
    try {
      const { scopes } = await authenticate(this.headers.authorization);
      return scopes.has(this.routeOptions.config.scope ?? scope);
    } catch (error) {
      // What cannot be told right now ends nothing.
      return !(error instanceof Unauthenticated);
    }
  });
  server.addHook('onRoute', (route) => {
    const needed = neededScope(route, scope, auth);
    if (needed === undefined) return;
    route.onRequest = [guard(needed), ...[route.onRequest ?? []].flat()];
    route.schema = documentScope(route.schema, needed, auth);
  });
}

function neededScope(route: RouteOptions, scope: Scope, auth: AuthOn): Scope | undefined {
  if (OPEN.test(route.url)) return undefined;
  if (route.url === '/metrics') return auth.guardMetrics ? 'ops' : undefined;
  return route.config?.scope ?? scope;
}

type Done = (error?: Error) => void;

/** Makes the hook of a route that needs a scope. */
function guards(authenticate: Authenticate, takeToken: TakeToken) {
  function admit(caller: Caller, request: FastifyRequest, reply: FastifyReply, scope: Scope) {
    request.caller = caller;
    const waitSeconds = takeToken(caller);
    if (waitSeconds > 0) {
      const retryAfterSeconds = Math.ceil(waitSeconds);
      const detail = `${caller.id} sends too many requests; nothing was done`;
      throw new ProblemError('rate_limited', detail, { retryAfterSeconds });
    }
    if (caller.scopes.has(scope)) return;
    reply.header(
      'www-authenticate',
      `Bearer realm="jetbank", error="insufficient_scope", scope="${scope}"`,
    );
    throw new ProblemError('insufficient_scope', `${caller.id} lacks the scope ${scope}`);
  }

  return (scope: Scope) => (request: FastifyRequest, reply: FastifyReply, done: Done) => {
    const refuse = (error: unknown) => {
      if (error instanceof Unauthenticated) reply.header('www-authenticate', error.challenge);
      done(error as Error);
    };
    try {
      const caller = authenticate(request.headers.authorization);
      if (!(caller instanceof Promise)) {
        admit(caller, request, reply, scope);
        done();
        return;
      }
      caller.then((found) => admit(found, request, reply, scope)).then(() => done(), refuse);
    } catch (error) {
      refuse(error);
    }
  };
}

function tell(auth: AuthSettings, log: Logger): void {
  if (auth.kind === 'on') {
    const { keysFile, jwt } = auth;
    const ways = { keysFile, issuer: jwt?.issuer, audience: jwt?.audience };
    log.info({ ...ways, rateLimit: auth.requestsPerSecond }, 'requests are authenticated');
  } else if (auth.because === 'loopback') {
    log.info('requests are not authenticated: only this machine reaches the service');
  } else {
    log.warn(
      'requests are not authenticated (HTTP_AUTH=off): whoever reaches the service may do all',
    );
  }
}
