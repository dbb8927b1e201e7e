import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import type { HttpServer } from './http-types.ts';
import type { Logger } from './logger.ts';
import type { SpanAttributes, TraceSpan, Tracing } from './tracing.ts';

/**
 * A span for each request, but not for health and metrics: part of the trace that its `traceparent`
 * names, else the first of a new one. The request's log lines carry the trace's id.
 */
export function traceRequests(server: HttpServer, tracing: Tracing | undefined): void {
  server.decorateRequest('span', null);
  if (tracing === undefined) return;
  server.addHook('onRequest', (request, _reply, done) => {
    const { url: route, schema } = request.routeOptions;
    if (schema?.hide !== true) {
      const { traceparent } = request.headers;
      request.span = tracing.start({
        name: route === undefined ? request.method : `${request.method} ${route}`,
        kind: 'server',
        parent: typeof traceparent === 'string' ? traceparent : undefined,
        attributes: requestAttributes(request),
      });
      nameInLog(request.log, request.span);
    }
    done();
  });
  server.addHook('onResponse', (request, { statusCode }, done) => {
    const failed = statusCode >= 500 ? String(statusCode) : undefined;
    request.span?.end({ 'http.response.status_code': statusCode }, failed);
    done();
  });
}

/** The request has a logger of its own already: a child of that would cost as much as the span. */
function nameInLog(log: FastifyBaseLogger, { traceId }: TraceSpan): void {
  if (isPino(log)) log.setBindings({ traceId });
}

const isPino = (log: FastifyBaseLogger): log is Logger => 'setBindings' in log;

function requestAttributes(request: FastifyRequest): SpanAttributes {
  const { method, protocol, id } = request;
  const { url: route } = request.routeOptions;
  return {
    'http.request.method': method,
    'url.scheme': protocol,
    'url.path': request.url.split('?')[0] ?? '',
    ...(route !== undefined && { 'http.route': route }),
    'jetbank.request.id': id,
  };
}
