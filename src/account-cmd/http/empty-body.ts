import type { FastifyRequest } from 'fastify';

/** Lets a request without a body stand for one with an empty object: all its members are optional. */
// eslint-disable-next-line @typescript-eslint/require-await -- a hook of Fastify
export async function emptyBody(request: FastifyRequest): Promise<void> {
  request.body ??= {};
}
