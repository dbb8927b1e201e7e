import type { FastifySchema } from 'fastify';
import { problemResponses } from '../problem-schema.ts';
import type { Scope } from './caller.ts';
import type { AuthOn, AuthSettings } from './settings.ts';

const API_KEY = 'apiKey';
const JWT = 'jwt';

/** OpenAPI's security schemes, by name, of the credentials that the service takes. */
export function securitySchemes(auth: AuthSettings) {
  if (auth.kind === 'off') return {};
  const bearer = { type: 'http' as const, scheme: 'bearer' };
  return {
    ...(auth.keysFile !== undefined && {
      [API_KEY]: { ...bearer, bearerFormat: 'jb_NAME_…', description: 'An API key.' },
    }),
    ...(auth.jwt && {
      [JWT]: { ...bearer, bearerFormat: 'JWT', description: `A token of ${auth.jwt.issuer}.` },
    }),
  };
}

/** The route's schema with what its OpenAPI description says of authentication. */
export function documentScope(
  schema: FastifySchema | undefined,
  scope: Scope,
  auth: AuthOn,
): FastifySchema {
  const response = schema?.response as object | undefined;
  return {
    ...schema,
    // One of them will do; OpenAPI 3.1 takes scopes for every kind of scheme.
    security: Object.keys(securitySchemes(auth)).map((name) => ({ [name]: [scope] })),
    ...(response && {
      response: {
        ...response,
        ...problemResponses('unauthenticated', 'insufficient_scope', 'rate_limited'),
      },
    }),
  };
}
