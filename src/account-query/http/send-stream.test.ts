import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { afterEach, test } from 'vitest';
import { eventually } from '../../../test/support/await.ts';
import { sendStream } from './send-stream.ts';

const server = fastify();
afterEach(() => server.close());

test('leaves its source early when the client is only told the headers', async () => {
  let left = false;
  // Nothing comes, as from a log that nobody writes to.
  const source: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => undefined),
      return() {
        left = true;
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
  const options = { stopping: new AbortController().signal, stalledMs: 60_000 };
  server.get('/', (_, reply) => sendStream(reply, source, options));
  await server.listen({ port: 0 });
  const { port } = server.server.address() as AddressInfo;
  await fetch(`http://127.0.0.1:${port}/`, { method: 'HEAD' });
  await eventually(() => left);
});
