import type { FastifyInstance } from 'fastify';

/** Listens on a free port and says so as the services do, until SIGTERM. */
export async function serveBare(server: FastifyInstance): Promise<void> {
  server.get('/readyz', () => ({ status: 'ready' }));
  await server.listen({ host: '127.0.0.1', port: 0 });
  const address = server.server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  process.stdout.write(`${JSON.stringify({ msg: 'listening', port })}\n`);
  process.on('SIGTERM', () => process.exit(0));
}
