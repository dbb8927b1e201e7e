import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * Sets the account's version as the entity tag, and says whether the client has that version already
 * (RFC 9110, 13.1.2: If-None-Match compares weakly).
 */
export function isKnownVersion(
  request: FastifyRequest,
  reply: FastifyReply,
  version: number,
): boolean {
  const tag = `"${version}"`;
  reply.header('etag', tag);
  const known = request.headers['if-none-match'];
  if (known === undefined) return false;
  const tags = known.split(',').map((text) => text.trim().replace(/^W\//, ''));
  return tags.includes(tag) || known.trim() === '*';
}
