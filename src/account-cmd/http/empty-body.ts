import type { FastifyRequest } from 'fastify';

/**
 * Lets a request without a body stand for one with an empty object: all its members are optional.
 * A body of `null` is one: it is no object, and refused as such.
 */
// eslint-disable-next-line @typescript-eslint/require-await -- a hook of Fastify
export async function emptyBody(request: FastifyRequest): Promise<void> {
  if (request.body === undefined) request.body = {};
}
