import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** Both ends of a connection that comes through a proxy. */
export interface ProxiedConnection {
  readonly client: Socket;
  readonly upstream: Socket;
  /** Breaks both. */
  readonly cut: () => void;
}

export interface TcpProxy {
  readonly host: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
}

const HOST = '127.0.0.1';

/** A TCP proxy on a free port; `relay` is called with each connection and passes on what comes. */
export async function startTcpProxy(
  target: { readonly host: string; readonly port: number },
  relay: (connection: ProxiedConnection) => void,
): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ ...target, noDelay: true });
    const cut = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', cut);
      socket.on('close', () => {
        sockets.delete(socket);
        cut();
      });
    }
    relay({ client, upstream, cut });
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: HOST,
    port,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
