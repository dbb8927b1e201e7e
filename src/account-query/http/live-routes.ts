import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { HttpServer } from '../../platform/http-types.ts';
import { ProblemError } from '../../platform/problem.ts';
import { problemResponses } from '../../platform/problem-schema.ts';
import { liveEvents } from '../live/live-events.ts';
import { accountNotFound, logAvailable } from './answers.ts';
import { invalid, readAccountId } from './read-request.ts';
import type { RouteOptions } from './route-options.ts';
import { AccountParams, LiveHeaders, LiveQuery } from './schemas.ts';
import { sendStream } from './send-stream.ts';

/** A comment is sent after such a part of what makes a client stalled without an event. */
const HEARTBEAT_PART = 3 / 4;

/** Before what is sent after so long, the client’s credential is checked again, in milliseconds. */
const CHECK_EVERY_MS = 1_000;

const SSE = 'text/event-stream';

const schema = {
  querystring: LiveQuery,
  headers: LiveHeaders,
  response: {
    200: {
      description:
        'Server-Sent Events: `id` is the stream sequence, `event` the type, `data` as in /events. ' +
        'They come as far as the read models have come: none while MongoDB is away or the ' +
        'projection is paused, all of them afterwards. What cannot be read is left out.',
      content: { [SSE]: { schema: Type.String() } },
    },
    ...problemResponses('invalid_request', 'account_not_found', 'overloaded', 'unavailable'),
  },
};

interface LiveRequest {
  readonly query: { readonly after?: number };
  readonly headers: { readonly 'last-event-id'?: string };
}

/** The log as it grows, of one account or of all. */
export function liveRoutes(server: HttpServer, options: RouteOptions): void {
  const { log, live, stopping } = options;

  server.get(
    '/accounts/:accountId/live',
    {
      exposeHeadRoute: false,
      schema: { summary: 'The account’s events as they happen', params: AccountParams, ...schema },
    },
    (request, reply) => stream(request, reply, readAccountId(request.params.accountId)),
  );
  server.get(
    '/live',
    {
      exposeHeadRoute: false,
      schema: { summary: 'All events as they happen', ...schema },
    },
    (request, reply) => stream(request, reply),
  );

  async function stream(
    request: FastifyRequest & LiveRequest,
    reply: FastifyReply,
    accountId?: string,
  ) {
    const resumeAt = readResumption(request);
    // The client may leave while the log is asked.
    let leave: (() => void) | undefined;
    reply.raw.once('close', () => leave?.());
    const { events, last, head } = await logAvailable(request, log, async (current) => ({
      events: current.events,
      last: await current.events.lastSequence(),
      head: accountId && (await current.events.head(accountId, 'leader')),
    }));
    if (accountId !== undefined && head === undefined) {
      throw accountNotFound('there is no account with this id');
    }
    if (resumeAt !== undefined && resumeAt.sequence > last) {
      const { field } = resumeAt;
      throw invalid(field, `${field} is beyond the end of the log, which is at ${last}`);
    }
    const after = resumeAt?.sequence ?? last;
    if (!reply.raw.destroyed) leave = live.feed.join(after);
    if (leave === undefined) {
      throw new ProblemError('overloaded', 'too many clients', { retryAfterSeconds: 1 });
    }
    reply.headers({
      'content-type': SSE,
      'cache-control': 'no-store, no-transform',
      // nginx would wait for a full buffer.
      'x-accel-buffering': 'no',
    });
    const heartbeatMs = live.stalledMs * HEARTBEAT_PART;
    const following = { after, accountId, heartbeatMs, signal: stopping };
    return sendStream(reply, untilFailure(request, liveEvents(live.feed, events, following)), {
      stopping,
      stalledMs: live.stalledMs,
      onStalled: live.onDropped,
    });
  }
}

/**
 * Ends the stream where the log cannot be read, so that the client connects again and goes on, and
 * where its credential has ended, so that it cannot.
 */
async function* untilFailure(
  request: FastifyRequest,
  source: AsyncIterable<string>,
): AsyncGenerator<string> {
  try {
    let checkAt = performance.now() + CHECK_EVERY_MS;
    for await (const text of source) {
      if (performance.now() >= checkAt) {
        if (!(await request.stillAllowed())) return;
        checkAt = performance.now() + CHECK_EVERY_MS;
      }
      yield text;
    }
  } catch (error) {
    request.log.warn({ error }, 'live events broke off');
  }
}

/** Where the client wants to go on; a browser that connects again sends the header beside its old URL. */
function readResumption({ query, headers }: LiveRequest) {
  const text = headers['last-event-id'];
  if (text === undefined || text === '') {
    return query.after === undefined ? undefined : { field: 'after', sequence: query.after };
  }
  const sequence = Number(text);
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(sequence)) {
    return { field: 'last-event-id', sequence };
  }
  throw invalid('last-event-id', 'last-event-id must be a stream sequence');
}
