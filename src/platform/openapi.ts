import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { securitySchemes } from './auth/document-scope.ts';
import type { AuthSettings } from './auth/settings.ts';
import { DOCS_POLICY } from './http-headers.ts';
import type { HttpServer } from './http-types.ts';

/** OpenAPI 3.1 from the routes' schemas at /openapi.json, and a page for people at /docs. */
export async function documentApi(
  server: HttpServer,
  title: string,
  auth: AuthSettings,
): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title, version: '1' },
      components: { securitySchemes: securitySchemes(auth) },
    },
  });
  await server.register(swaggerUi, { routePrefix: '/docs', staticCSP: DOCS_POLICY });
  server.get('/openapi.json', { schema: { hide: true } }, () => server.swagger());
}
