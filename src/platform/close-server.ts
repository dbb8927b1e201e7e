import type { Socket } from 'node:net';
import type { HttpServer } from './http-types.ts';

/** How often connections are closed that have no request, while a server closes, in milliseconds. */
const SWEEP_MS = 20;

/** How long a first request that has begun to arrive, or a TLS handshake, may still take, in milliseconds. */
const ARRIVAL_MS = 500;

/**
 * To be called before the server listens; answers how to close it: what is under way is answered, and
 * connections without a request are closed. Node leaves three kinds of those open, and its timeouts
 * end with the close: those that fall idle only after it began, those that a client opened in advance
 * and has sent nothing on, and those whose first request has not arrived.
 */
export function closerOf(server: HttpServer): () => Promise<void> {
  const unused = connectionsWithoutRequest(server);
  return async () => {
    const arrivedBy = performance.now() + ARRIVAL_MS;
    const sweep = setInterval(() => {
      server.server.closeIdleConnections();
      const late = performance.now() > arrivedBy;
      for (const socket of unused()) if (late || socket.bytesRead === 0) socket.destroy();
    }, SWEEP_MS);
    try {
      await server.close();
    } finally {
      clearInterval(sweep);
    }
  };
}

/**
 * The TCP connections on which no request has arrived yet. A request over TLS has a socket of its own
 * on top of that of its connection: what they share is the peer's address.
 */
function connectionsWithoutRequest(server: HttpServer): () => Iterable<Socket> {
  const unused = new Map<string, Socket>();
  server.server.on('connection', (socket) => {
    const peer = peerOf(socket);
    unused.set(peer, socket);
    socket.once('close', () => {
      if (unused.get(peer) === socket) unused.delete(peer);
    });
  });
  server.server.on('request', ({ socket }) => unused.delete(peerOf(socket)));
  return () => unused.values();
}

const peerOf = ({ remoteAddress = '', remotePort = 0 }: Socket) => `${remoteAddress} ${remotePort}`;
