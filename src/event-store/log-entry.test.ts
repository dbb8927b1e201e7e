import { expect, test } from 'vitest';
import { depositAfter, opening } from '../../test/support/account-events.ts';
import { IntegrityError } from '../account/errors.ts';
import type { AccountEvent } from '../account/events.ts';
import { UndecodablePayloadError } from './avro/single-object.ts';
import { encodeEvent } from './event-codec.ts';
import { entryOf, isUnreadable } from './log-entry.ts';
import { shardOf, SHARDS, subjectOf } from './subjects.ts';

const ADA = '6f1c1c52-4a34-4c0e-9f5a-0d2f4f3f8a10';
const BOB = '0b8ff0a5-61a1-4a3e-8f0b-3f2f6d6a6c11';
const SHOUTED = ADA.toUpperCase();
const WRONG_SHARD = (shardOf(ADA) + 1) % SHARDS;

const entry = (subject: string, event: AccountEvent) =>
  entryOf({ seq: 7, subject, data: encodeEvent(event) });

test('an event on its account’s subject is one', () => {
  const event = depositAfter(opening(ADA));
  expect(entry(subjectOf(ADA), event)).toEqual({ sequence: 7, accountId: ADA, event });
});

test.each([
  ['of another account', subjectOf(ADA), BOB],
  ['of no account id', `bank.account.3.${SHOUTED}`, SHOUTED],
  ['in another shard', `bank.account.${WRONG_SHARD}.${ADA}`, ADA],
  ['deeper down', `bank.account.${shardOf(ADA)}.x.${ADA}`, ADA],
])('an event on a subject %s cannot be read', (_, subject, accountId) => {
  const found = entry(subject, depositAfter(opening(accountId)));
  expect(found).toMatchObject({ sequence: 7, error: expect.any(Error) as unknown });
});

test('an event in a currency that nobody knows cannot be read', () => {
  const found = entry(subjectOf(ADA), opening(ADA, { currency: 'QQQ' }));
  expect(found).toMatchObject({
    accountId: ADA,
    error: new UndecodablePayloadError('QQQ is not an ISO 4217 currency that this release knows'),
  });
});

test('what is unreadable is not tried again, and a lost connection is', () => {
  expect(isUnreadable(new IntegrityError('a version is missing'))).toBe(true);
  expect(isUnreadable(new UndecodablePayloadError('no Avro'))).toBe(true);
  expect(isUnreadable(new Error('no answer'))).toBe(false);
});
