import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/**
 * Requests on connections that stay open, for a load at a fixed rate: Node's own client takes some 90 µs of
 * a core that the service under test needs, and at thousands a second its own pauses are what is measured.
 * Good for answers with a `content-length`, as those of both services have, and for nothing else.
 */
export interface LightClient {
  /** The status of the answer. A request that finds no connection free waits. @throws what breaks one. */
  post(path: string, json: string): Promise<number>;
  close(): void;
}

interface Waiting {
  readonly request: string;
  readonly answered: PromiseWithResolvers<number>;
}

const HEAD_END = '\r\n\r\n';

/** Resolves once all connections are open. */
export async function lightClient(url: string, connections: number): Promise<LightClient> {
  const { hostname, port, host } = new URL(url);
  const free: ((waiting: Waiting) => void)[] = [];
  const queue: Waiting[] = [];

  function serve(socket: Socket): void {
    let current: Waiting | undefined;
    let received = '';
    const send = (waiting: Waiting) => {
      current = waiting;
      socket.write(waiting.request);
    };
    const fail = (error: Error) => current?.answered.reject(error);
    socket.setEncoding('latin1').setNoDelay(true);
    socket.on('error', fail).on('close', () => fail(new Error('the connection was closed')));
    socket.on('data', (chunk: string) => {
      received += chunk;
      const status = statusOf(received);
      if (status === undefined) return;
      received = '';
      current?.answered.resolve(status);
      current = undefined;
      const next = queue.shift();
      if (next === undefined) free.push(send);
      else send(next);
    });
    free.push(send);
  }

  const sockets = await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect(Number(port), hostname);
      await once(socket, 'connect');
      serve(socket);
      return socket;
    }),
  );
  return {
    post(path, json) {
      const answered = Promise.withResolvers<number>();
      const request =
        `POST ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n` +
        `content-length: ${Buffer.byteLength(json)}${HEAD_END}${json}`;
      const send = free.pop();
      if (send === undefined) queue.push({ request, answered });
      else send({ request, answered });
      return answered.promise;
    },
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Undefined until all of the answer is there. */
function statusOf(received: string): number | undefined {
  const headEnd = received.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const length = /\r\ncontent-length: (\d+)/i.exec(received)?.[1];
  if (length === undefined) throw new Error('an answer without content-length');
  if (received.length < headEnd + HEAD_END.length + Number(length)) return undefined;
  return Number(received.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length));
}
