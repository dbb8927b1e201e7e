import { jetstream } from '@nats-io/jetstream';
import { connect } from 'nats';
import type { NatsConnection } from 'nats';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { subjectOf } from '../../src/event-store/subjects.ts';
import { eventually } from './await.ts';
import { freshStreams } from './jetstream-stores.ts';
import { frameReader, headerIn, storedSequence, subjectIn } from './nats-frames.ts';
import { startNatsProxy } from './nats-proxy.ts';
import type { NatsProxy } from './nats-proxy.ts';
import { startTestNats } from './nats.ts';
import type { TestNats } from './nats.ts';

const SUBJECT = subjectOf('e9350662-5995-42f8-9f2a-3279c6e86db9');

let nats: TestNats;
let direct: NatsConnection;
let proxy: NatsProxy;
let proxied: NatsConnection;

beforeEach(async () => {
  nats = await startTestNats();
  direct = await connect({ servers: nats.url });
  await freshStreams(direct);
  proxy = await startNatsProxy(nats);
  proxied = await connect({ servers: proxy.url, reconnectTimeWait: 20 });
});
afterEach(async () => {
  await Promise.all([proxied.close(), direct.close()]);
  await proxy.stop();
  await nats.remove();
});

const lastSequence = async () => {
  const jsm = await jetstream(direct).jetstreamManager();
  return (await jsm.streams.info('ACCOUNTS')).state.last_seq;
};

test('an append that is held arrives when it is let go', async () => {
  const held = proxy.holdNext('append');
  const ack = jetstream(proxied).publish(SUBJECT, 'one');
  const append = await held;
  expect(subjectIn(append.frame)).toBe(SUBJECT);
  expect(await lastSequence()).toBe(0);
  append.pass();
  expect((await ack).seq).toBe(1);
  expect((await jetstream(proxied).publish(SUBJECT, 'two')).seq).toBe(2);
});

test('behind an acknowledgement that is held the event is stored, and its sender never learns', async () => {
  const held = proxy.holdNext('ack');
  const outcome = jetstream(proxied, { timeout: 300 }).publish(SUBJECT, 'one');
  const ack = await held;
  expect(storedSequence(ack.frame, 'ACCOUNTS')).toBe(1);
  expect(await lastSequence()).toBe(1);
  ack.cut();
  await expect(outcome).rejects.toThrow();
  await eventually(() => proxied.flush());
  expect((await jetstream(proxied).publish(SUBJECT, 'two')).seq).toBe(2);
});

test('frames are the same however the bytes were cut', () => {
  const headers = 'NATS/1.0\r\nce-id: 7\r\n\r\n';
  const frames = [
    'PING\r\n',
    `HPUB ${SUBJECT} _INBOX.1 ${headers.length} ${headers.length + 6}\r\n${headers}a\r\nb\r\n\r\n`,
    'MSG _INBOX.1 1 36\r\n{"stream":"ACCOUNTS", "seq":9000000}\r\n',
    'PONG\r\n',
  ];
  const bytes = Buffer.from(frames.join(''));
  for (let size = 1; size <= bytes.length; size += 1) {
    const read = frameReader();
    const found: string[] = [];
    for (let from = 0; from < bytes.length; from += size) {
      found.push(...read(bytes.subarray(from, from + size)).map(String));
    }
    expect(found).toEqual(frames);
  }
  expect(headerIn(Buffer.from(frames[1]!), 'ce-id')).toBe('7');
  expect(storedSequence(Buffer.from(frames[2]!), 'ACCOUNTS')).toBe(9_000_000);
});
