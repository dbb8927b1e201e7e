import type { StreamConfig } from '@nats-io/jetstream';
import { expect, test } from 'vitest';
import { judgeConsumerChange } from './consumer-change.ts';
import { judgeStreamChange } from './stream-change.ts';
import type { StreamFacts } from './stream-change.ts';

const DAY = 86_400_000_000_000;

/** A stream with 10 messages on 4 subjects, 100 bytes, the oldest two days old. */
const stream = (config: Partial<StreamConfig> = {}): StreamFacts => ({
  config: {
    name: 'ACCOUNTS',
    ...{ deny_delete: true, deny_purge: true, discard: 'new', ...config },
  } as StreamConfig,
  state: {
    ...{ messages: 10, bytes: 100, num_subjects: 4, first_seq: 1, last_seq: 10, num_deleted: 0 },
    ...{ consumer_count: 0, first_ts: '2026-11-01T00:00:00Z', last_ts: '2026-11-03T00:00:00Z' },
  } as StreamFacts['state'],
  ts: '2026-11-03T00:00:00Z',
  cluster: { name: 'bank' },
});
const thrownAway = stream({ name: 'KV_ACCOUNT_SNAPSHOTS', deny_purge: false });

const kindOf = (
  setting: string,
  actual: unknown,
  desired: unknown,
  of = stream(),
  fewerReplicas = false,
) => judgeStreamChange({ setting, actual, desired }, of, { fewerReplicas }).kind;

test.each([
  ['description', 'a', 'b'],
  ['metadata', {}, { a: '1' }],
  ['compression', 'none', 's2'],
  ['duplicate_window', 1, 2],
  ['deny_purge', false, true],
  ['allow_atomic', false, true],
  ['subjects', ['bank.account.7.>'], ['bank.account.>', 'bank.more']],
  ['num_replicas', 1, 3],
  ['max_age', DAY, 0],
  ['max_msgs', 10, -1],
  ['max_bytes', -1, 100],
  ['max_msgs_per_subject', 1, -1],
  ['discard', 'old', 'new'],
])('%s from %j to %j is safe', (setting, actual, desired) => {
  expect(kindOf(setting, actual, desired)).toBe('safe');
});

test.each([
  ['storage', 'file', 'memory'],
  ['retention', 'limits', 'interest'],
  ['persist_mode', 'default', 'async'],
  ['deny_delete', true, false],
  ['allow_direct', true, false],
  ['subjects', ['bank.account.>'], ['bank.account.7.>']],
  ['num_replicas', 3, 1],
  ['max_age', 0, 365 * DAY],
  ['max_msgs', -1, 9],
  ['max_bytes', -1, 99],
  ['max_msgs_per_subject', -1, 1_000],
  ['discard', 'new', 'old'],
  ['sealed', false, true],
  ['a_setting_of_2030', null, true],
])('%s from %j to %j is refused', (setting, actual, desired) => {
  const verdict = judgeStreamChange({ setting, actual, desired }, stream(), {
    fewerReplicas: false,
  });
  expect(verdict.kind === 'refused' && verdict.reason && verdict.remedy).toBeTruthy();
});

test('copies may be taken away by who says so', () => {
  expect(kindOf('num_replicas', 3, 1, stream(), true)).toBe('safe');
});

test('copies need a cluster: a server alone would take the number and keep one', () => {
  const { config, state } = stream();
  expect(kindOf('num_replicas', 1, 3, { config, state })).toBe('refused');
});

test('a limit on a log that drops its oldest messages is refused, however large', () => {
  expect(kindOf('max_bytes', -1, 1_000_000, stream({ discard: 'old' as const }))).toBe('refused');
});

test('what is not kept for ever may get limits that nothing exceeds', () => {
  expect(kindOf('max_age', 0, 3 * DAY, thrownAway)).toBe('safe');
  expect(kindOf('max_age', 0, DAY, thrownAway)).toBe('refused');
  // 10 messages on 4 subjects: one of them may hold 7.
  expect(kindOf('max_msgs_per_subject', -1, 7, thrownAway)).toBe('safe');
  expect(kindOf('max_msgs_per_subject', -1, 6, thrownAway)).toBe('refused');
});

test.each([
  ['ack_wait', 'safe'],
  ['metadata', 'safe'],
  ['filter_subjects', 'refused'],
  ['ack_policy', 'refused'],
  ['a_setting_of_2030', 'refused'],
])('the %s of a consumer: %s', (setting, kind) => {
  const drift = { setting, desired: 1, actual: 2 };
  expect(judgeConsumerChange(drift, 'ACCOUNTS', 'accounts-v1').kind).toBe(kind);
});
