import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { TraceSpan } from './tracing.ts';

/** A Fastify server whose handlers get their types from the routes' schemas. */
export type HttpServer = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

declare module 'fastify' {
  interface FastifyRequest {
    /** The numbers of the JSON body as they were written, by JSON Pointer. */
    jsonNumbers: ReadonlyMap<string, string> | null;
    /** Null where requests are not traced. */
    span: TraceSpan | null;
  }
}
