import { expect, test } from 'vitest';
import { configDrift, CONSUMER_DEFAULTS, PEER_EXPECT, STREAM_DEFAULTS } from './config-drift.ts';

const streamDrift = (desired: object, actual: object) =>
  configDrift(desired, actual, STREAM_DEFAULTS);

test.each([
  ['what the server fills in', {}, { retention: 'limits', max_msgs: -1, num_replicas: 1 }],
  ['what the server leaves out', { retention: 'limits', sealed: false, max_age: 0 }, {}],
  ['no limit by another name', { max_bytes: -1 }, { max_bytes: 0 }],
  ['an empty object', {}, { consumer_limits: {} }],
  ["the server's own metadata", {}, { metadata: { '_nats.req.level': '0' } }],
  ["others' metadata", { metadata: { a: '1' } }, { metadata: { a: '1', owner: 'payments' } }],
  ['the order of subjects', { subjects: ['a', 'b'] }, { subjects: ['b', 'a'] }],
])('%s is no difference', (_, desired, actual) => expect(streamDrift(desired, actual)).toEqual([]));

test.each([
  ['a setting of the description', { max_age: 0 }, { max_age: 5 }, 'max_age', 0, 5],
  ['a setting that only the server has', {}, { sealed: true }, 'sealed', null, true],
  ['a default that the server does not have', {}, { discard: 'new' }, 'discard', 'old', 'new'],
  [
    'metadata that is missing',
    { metadata: { a: '1' } },
    { metadata: { b: '2' } },
    'metadata',
    { a: '1' },
    {},
  ],
  [
    'peers that are not expected any more',
    { metadata: { a: '1' } },
    { metadata: { a: '1', [PEER_EXPECT]: '3' } },
    'metadata',
    { a: '1' },
    { a: '1', [PEER_EXPECT]: '3' },
  ],
])('%s is one', (_, desired, actual, setting, want, have) => {
  expect(streamDrift(desired, actual)).toEqual([{ setting, desired: want, actual: have }]);
});

test('a consumer with one filter, as the nats CLI makes it, is the one that names a list', () => {
  const desired = { filter_subjects: ['bank.account.>'], ack_policy: 'all' };
  const actual = { filter_subject: 'bank.account.>', ack_policy: 'all', max_waiting: 512 };
  const paused = { ...actual, pause_until: '0001-01-01T00:00:00Z' };
  expect(configDrift(desired, paused, CONSUMER_DEFAULTS)).toEqual([]);
  const narrow = { ...actual, filter_subject: 'bank.account.1.>' };
  expect(configDrift(desired, narrow, CONSUMER_DEFAULTS)).toMatchObject([
    { setting: 'filter_subjects', actual: ['bank.account.1.>'] },
  ]);
});
