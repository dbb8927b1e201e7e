import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { SECURITY_HEADERS } from './http-headers.ts';
import type { HttpServer } from './http-types.ts';
import { ProblemError, problemOf } from './problem.ts';
import type { Problem, ProblemCode } from './problem.ts';

/** What Fastify itself refuses, by its error code. */
const FASTIFY_PROBLEMS: ReadonlyMap<string, ProblemCode> = new Map([
  ['FST_ERR_CTP_BODY_TOO_LARGE', 'payload_too_large'],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'unsupported_media_type'],
  ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', 'invalid_request'],
  ['FST_ERR_CTP_EMPTY_JSON_BODY', 'invalid_request'],
  ['FST_ERR_BAD_URL', 'invalid_request'],
  ['FST_ERR_MAX_PARAM_LENGTH', 'invalid_request'],
]);

const HEADER_LINES = Object.entries(SECURITY_HEADERS)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');

/** Makes every error an RFC 9457 problem: ours as thrown, others without a word of their insides. */
export function answerProblems(server: HttpServer): void {
  server.setErrorHandler(sendProblem);
  server.setNotFoundHandler((request, reply) => {
    const detail = `${request.method} ${request.url.split('?')[0] ?? ''} is not a route`;
    return sendProblem(new ProblemError('route_not_found', detail), request, reply);
  });
}

function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  const code = FASTIFY_PROBLEMS.get((error as FastifyError).code);
  if (code !== undefined) return new ProblemError(code, (error as FastifyError).message);
  return new ProblemError('internal_error', 'the request failed; the logs tell why', {
    cause: error,
  });
}

/** Answers with the problem that the error stands for. */
export function sendProblem(thrown: unknown, request: FastifyRequest, reply: FastifyReply) {
  const error = asProblem(thrown);
  if (error.code === 'internal_error') {
    const { accountId } = request.params as { readonly accountId?: string };
    request.log.error({ error: error.cause ?? error, accountId }, 'request failed');
  }
  const problem = problemOf(error, request.url, request.id);
  if (error.retryAfterSeconds !== undefined) {
    reply.header('retry-after', String(error.retryAfterSeconds));
  }
  // Where Fastify refuses a URL, no hook has run that would have set them.
  reply.header('x-request-id', request.id).headers(SECURITY_HEADERS);
  return reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}

/** Answers what is no HTTP that Node can read: too large a header, a broken request line. */
export function answerUnreadable(error: Error & { readonly code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const problem = unreadableProblem(error.code);
  const { status } = problem;
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n` +
      `x-request-id: ${problem.requestId}\r\n` +
      'content-type: application/problem+json\r\n' +
      HEADER_LINES +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

function unreadableProblem(code = ''): Problem {
  const requestId = randomUUID();
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return problemOf(
        new ProblemError('headers_too_large', 'the headers are too large'),
        '',
        requestId,
      );
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return problemOf(
        new ProblemError('request_timeout', 'the request took too long'),
        '',
        requestId,
      );
    default:
      return problemOf(new ProblemError('invalid_request', 'this is not HTTP'), '', requestId);
  }
}
