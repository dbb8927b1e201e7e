import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A TCP proxy that can break its connections in the middle of an answer. */
export interface CuttableProxy {
  readonly url: string;
  /** Breaks the connection once so many more bytes have come from the server; later ones live. */
  cutAfter(bytes: number): void;
  stop(): Promise<void>;
}

export async function startCuttableProxy(target: {
  readonly host: string;
  readonly port: number;
}): Promise<CuttableProxy> {
  const sockets = new Set<Socket>();
  let bytesLeft = Infinity;

  const server = createServer((client) => {
    const upstream = connect(target.port, target.host);
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
    client.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => {
      const last = chunk.length >= bytesLeft;
      const passed = last ? chunk.subarray(0, bytesLeft) : chunk;
      bytesLeft = last ? Infinity : bytesLeft - chunk.length;
      client.write(passed, () => {
        if (last) cut();
      });
      if (last) upstream.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `nats://127.0.0.1:${port}`,
    cutAfter(bytes) {
      bytesLeft = bytes;
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
