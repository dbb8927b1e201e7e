import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { StackError } from '../stack-error.ts';

export const LOCALHOST = '127.0.0.1';
export const DEFAULT_PORT_HINT = 'the port option (0 for a free one)';

/**
 * Fails with `port_taken` when something listens on the port already.
 * `hint` completes "or choose another with ...".
 */
export async function requireFreePort(
  service: string,
  host: string,
  port: number,
  hint: string,
): Promise<void> {
  try {
    await close(await listen(host, port));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    if (code === 'EADDRINUSE') throw portTaken(service, port, hint);
    const message = `${service} cannot listen on ${host}:${port} (${code}); choose another with ${hint}`;
    throw new StackError('port_taken', message, { cause: error });
  }
}

export function portTaken(service: string, port: number, hint: string): StackError {
  return new StackError(
    'port_taken',
    `port ${port} for ${service} is taken: stop what listens there, or choose another with ${hint}`,
  );
}

/**
 * Different ports that were free a moment ago. Another process may take one before it is used:
 * where a server can choose its own port, let it.
 */
export async function freePorts(count: number, host: string = LOCALHOST): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(host, 0)));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(close));
  return ports;
}

function listen(host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
