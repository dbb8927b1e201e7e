import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { HttpServer } from './http-types.ts';

/** OpenAPI 3.1 from the routes' schemas at /openapi.json, and a page for people at /docs. */
export async function documentApi(server: HttpServer, title: string): Promise<void> {
  await server.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title, version: '1' } },
  });
  await server.register(swaggerUi, { routePrefix: '/docs' });
  server.get('/openapi.json', { schema: { hide: true } }, () => server.swagger());
}
