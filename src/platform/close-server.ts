import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpServer } from './http-types.ts';

/** How often connections are closed that have no request, while a server closes, in milliseconds. */
const SWEEP_MS = 20;

/** How long a request that has begun to arrive, or a TLS handshake, may still take, in milliseconds. */
const ARRIVAL_MS = 500;

/**
 * To be called before the server listens; answers how to close it: what has arrived is answered, and
 * connections without such a request are closed. Node leaves some of those open, and its timeouts end
 * with the close: those that fall idle only after it began, those that a client opened in advance and
 * has sent nothing on, and those whose request has not arrived whole.
 */
export function closerOf(server: HttpServer): () => Promise<void> {
  const connections = connectionsOf(server);
  return async () => {
    const arrivedBy = performance.now() + ARRIVAL_MS;
    const sweep = setInterval(() => {
      server.server.closeIdleConnections();
      const late = performance.now() > arrivedBy;
      for (const connection of connections()) {
        const { socket } = connection;
        if (socket.bytesRead === 0 || (late && !isAnswering(connection))) socket.destroy();
      }
    }, SWEEP_MS);
    try {
      await server.close();
    } finally {
      clearInterval(sweep);
    }
  };
}

/** A TCP connection, and the response to the last request that has begun to arrive on it. */
interface Connection {
  readonly socket: Socket;
  response?: ServerResponse;
}

/** Responses leave in the order of their requests: while the last one is not through, one is due. */
const isAnswering = ({ response }: Connection): boolean =>
  response?.req.complete === true && !response.writableFinished;

/**
 * A request over TLS has a socket of its own on top of that of its connection: what they share is the
 * peer's address.
 */
function connectionsOf(server: HttpServer): () => Iterable<Connection> {
  const byPeer = new Map<string, Connection>();
  const byRequestSocket = new WeakMap<Socket, Connection>();
  server.server.on('connection', (socket) => {
    const peer = peerOf(socket);
    const connection = { socket };
    byPeer.set(peer, connection);
    socket.once('close', () => {
      if (byPeer.get(peer) === connection) byPeer.delete(peer);
    });
  });
  server.server.on('request', ({ socket }, response) => {
    let connection = byRequestSocket.get(socket);
    if (connection === undefined) {
      connection = byPeer.get(peerOf(socket));
      if (connection === undefined) return;
      byRequestSocket.set(socket, connection);
    }
    connection.response = response;
  });
  return () => byPeer.values();
}

const peerOf = ({ remoteAddress = '', remotePort = 0 }: Socket) => `${remoteAddress} ${remotePort}`;
