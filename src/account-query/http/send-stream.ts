import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/** How long an answer under way may go on once the service stops, in milliseconds. */
const STOP_GRACE_MS = 3_000;

/** Bytes made ready for a client before it takes them. */
const BUFFER_BYTES = 64 * 1024;

export interface StreamOptions {
  /** Aborted when the service begins to stop. */
  readonly stopping: AbortSignal;
  /** A client that has taken nothing for so long is cut off, in milliseconds. */
  readonly stalledMs: number;
  readonly onStalled?: () => void;
}

/**
 * Sends the texts as they come and no quicker than the client takes them. When the client leaves,
 * stalls, or the service stops, the source is left early.
 */
export function sendStream(
  reply: FastifyReply,
  source: AsyncIterable<string>,
  { stopping, stalledMs, onStalled }: StreamOptions,
): FastifyReply {
  const { raw } = reply;
  const body = Readable.from(source, { objectMode: false, highWaterMark: BUFFER_BYTES });
  const cut = () => raw.destroy();
  const onStop = () => void setTimeout(cut, STOP_GRACE_MS).unref();
  stopping.addEventListener('abort', onStop, { once: true });
  raw.setTimeout(stalledMs, () => {
    onStalled?.();
    cut();
  });
  raw.once('close', () => {
    stopping.removeEventListener('abort', onStop);
    // An answer to HEAD ends without its body, which nobody else would end then.
    body.destroy();
  });
  return reply.send(body);
}
