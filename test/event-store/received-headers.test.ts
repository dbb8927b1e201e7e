import { afterAll, beforeAll, expect, test } from 'vitest';
import { messageHeaders } from '../../src/event-store/jetstream/event-headers.ts';
import { environmentReader } from '../../src/platform/environment.ts';
import { readNatsSettings } from '../../src/platform/nats-settings.ts';
import { connectNats } from '../../src/platform/nats.ts';
import { startTestNats } from '../support/nats.ts';
import type { TestNats } from '../support/nats.ts';

let server: TestNats;
beforeAll(async () => {
  server = await startTestNats();
});
afterAll(() => server.remove());

test('the headers of what comes are read by the function that the client was given', async () => {
  const settings = readNatsSettings(environmentReader({ NATS_URL: server.url }));
  const nc = await connectNats('test', settings);
  const received = Promise.withResolvers<string | undefined>();
  nc.subscribe('received', {
    callback(_, message) {
      // The client's own function refuses such a name.
      received.resolve(message.headers?.get('Two words'));
    },
  });
  nc.publish('received', '', { headers: messageHeaders({ 'Two words': 'are read' }) });
  expect(await received.promise).toBe('are read');
  await nc.close();
});
