import { startTcpProxy } from './tcp-proxy.ts';

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
  let bytesLeft = Infinity;

  const { host, port, stop } = await startTcpProxy(target, ({ client, upstream, cut }) => {
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
  return {
    url: `nats://${host}:${port}`,
    cutAfter(bytes) {
      bytesLeft = bytes;
    },
    stop,
  };
}
