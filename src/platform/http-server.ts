import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import fastify, { LogController } from 'fastify';
import type { FastifyBaseLogger } from 'fastify';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { guardRoutes } from './auth/guard-routes.ts';
import type { Scope } from './auth/caller.ts';
import type { AuthSettings } from './auth/settings.ts';
import { acceptOnlyJson } from './http-bodies.ts';
import { answerProblems, answerUnreadable, sendProblem } from './http-problems.ts';
import { HTTPS_HEADERS, SECURITY_HEADERS } from './http-headers.ts';
import { createHttpsServer } from './http-tls.ts';
import type { TlsSettings } from './http-tls.ts';
import { traceRequests } from './http-tracing.ts';
import type { HttpServer } from './http-types.ts';
import { validateRequests } from './http-validation.ts';
import { readinessOf } from './health.ts';
import type { HealthCheck } from './health.ts';
import type { Logger } from './logger.ts';
import { ProblemError } from './problem.ts';
import { requestMetrics } from './metrics.ts';
import type { Registry } from './metrics.ts';
import { documentApi } from './openapi.ts';
import type { Tracing } from './tracing.ts';

export interface HttpServerOptions {
  readonly title: string;
  /** Who may send requests, and what a route needs that does not say so itself. */
  readonly auth: AuthSettings;
  readonly scope: Scope;
  /** Undefined: plain HTTP. */
  readonly tls: TlsSettings | undefined;
  readonly log: Logger;
  readonly metrics: Registry;
  readonly tracing?: Tracing | undefined;
  /** Run by /readyz; while it drains or stops, the service is not ready whatever they find. */
  readonly checks: Readonly<Record<string, HealthCheck>>;
  readonly draining: AbortSignal;
  readonly stopping: AbortSignal;
}

/** No command is larger: a body above this is refused unread, in bytes. */
const BODY_LIMIT = 16 * 1024;
/**
 * A request must have arrived by then, in milliseconds: Fastify waits for ever for one that is sent
 * byte by byte, and each of those keeps a connection.
 */
const REQUEST_TIMEOUT_MS = 10_000;
/** An idle connection is kept for so long, in milliseconds: longer than load balancers keep theirs. */
const KEEP_ALIVE_MS = 72_000;
/** How often Node looks for requests that are late, in milliseconds. */
const LATENESS_CHECK_MS = 1_000;
const NODE_OPTIONS = {
  requestTimeout: REQUEST_TIMEOUT_MS,
  connectionsCheckingInterval: LATENESS_CHECK_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
};
const VISIBLE_ASCII = /^[\x21-\x7e]{1,128}$/;

/** The shell both services share: strict JSON in, problems out, health, metrics, OpenAPI. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { log, metrics, checks, draining, stopping, title, auth, tls } = options;
  const loggerInstance: FastifyBaseLogger = log;
  const server = fastify({
    loggerInstance,
    logController: new LogController({
      disableRequestLogging: true,
      requestIdLogLabel: 'requestId',
    }),
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Given to Node too: it then lowers its timeout for headers, and with a longer one ends no late body.
    http: NODE_OPTIONS,
    ...(tls && {
      serverFactory: (handler: RequestListener) =>
        createHttpsServer(tls, NODE_OPTIONS, handler, log),
    }),
    // Fastify's own answer would be no problem+json; see refuseWhileStopping.
    return503OnClosing: false,
    clientErrorHandler: answerUnreadable,
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply),
    genReqId({ headers }) {
      const given = headers['x-request-id'];
      return typeof given === 'string' && VISIBLE_ASCII.test(given) ? given : randomUUID();
    },
  }).withTypeProvider<TypeBoxTypeProvider>();

  validateRequests(server);
  answerProblems(server);
  acceptOnlyJson(server);
  traceRequests(server, options.tracing);
  observeRequests(server, metrics, tls === undefined ? SECURITY_HEADERS : HTTPS_HEADERS);
  refuseWhileStopping(server, draining, stopping);
  guardRoutes(server, auth, options.scope, log);
  await documentApi(server, title, auth);

  server.get('/healthz', { schema: { hide: true } }, () => ({ status: 'ok' }));
  server.get('/readyz', { schema: { hide: true } }, async (_request, reply) => {
    const readiness = await readinessOf(checks);
    const going = stopping.aborted ? 'stopping' : draining.aborted ? 'draining' : undefined;
    const status = going ?? (readiness.ready ? 'ready' : 'not ready');
    return reply.code(status === 'ready' ? 200 : 503).send({ status, checks: readiness.checks });
  });
  server.get('/metrics', { schema: { hide: true } }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.metrics()),
  );
  return server;
}

/**
 * While the service drains, whoever keeps a connection is told to open the next one elsewhere, so that
 * none is in use when it stops. A request that still comes then is refused; health is told till the end.
 */
function refuseWhileStopping(
  server: HttpServer,
  draining: AbortSignal,
  stopping: AbortSignal,
): void {
  server.addHook('onRequest', (request, reply, done) => {
    if (draining.aborted) reply.header('connection', 'close');
    if (!stopping.aborted || request.routeOptions.schema?.hide === true) {
      done();
      return;
    }
    const options = { retryAfterSeconds: 1 };
    const detail = 'the service is stopping; nothing was done';
    done(new ProblemError('unavailable', detail, options));
  });
}

function observeRequests(
  server: HttpServer,
  metrics: Registry,
  headers: Readonly<Record<string, string>>,
): void {
  const observe = requestMetrics(metrics);
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id).headers(headers);
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    observe(route, request.method, reply.statusCode, reply.elapsedTime / 1000);
    const { method, url } = request;
    const { statusCode: status, elapsedTime: milliseconds } = reply;
    const caller = request.caller?.id;
    request.log.debug({ method, url, status, milliseconds, caller }, 'answered');
    done();
  });
}
