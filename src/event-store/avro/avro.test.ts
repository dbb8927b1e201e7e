import { describe, expect, test } from 'vitest';
import { openedWith } from '../../account/events.ts';
import { codec, schemas } from '../codec.ts';
import { fingerprintOf, parseSchema } from './schema-registry.ts';
import { UndecodablePayloadError } from './single-object.ts';

const bigEndian = (fingerprint: string) => Buffer.from(fingerprint, 'hex').readBigInt64LE();

describe('CRC-64-AVRO', () => {
  // From the specification's own test data, share/test/data/schema-tests.txt of apache/avro.
  test.each([
    ['null', 7195948357588979594n],
    ['boolean', -6970731678124411036n],
    ['int', 8247732601305521295n],
    ['long', -3434872931120570953n],
    ['float', 5583340709985441680n],
    ['double', -8181574048448539266n],
    ['bytes', 5746618253357095269n],
    ['string', -8142146995180207161n],
  ])('of "%s" is the known value', (schema, expected) => {
    expect(bigEndian(fingerprintOf(parseSchema(schema)))).toBe(expected);
  });

  test('ignores what the Parsing Canonical Form leaves out', () => {
    const fields = [{ name: 'a', type: 'long' as const }];
    const plain = parseSchema({ type: 'record', name: 'R', namespace: 'x', fields });
    const adorned = parseSchema({
      type: 'record',
      name: 'x.R',
      doc: 'documented',
      fields: [{ name: 'a', type: { type: 'long' }, doc: 'too', default: 1 }],
    });
    expect(fingerprintOf(adorned)).toBe(fingerprintOf(plain));
  });
});

describe('the single-object encoding', () => {
  const deposited = {
    eventId: 'e',
    accountId: 'a',
    version: 2,
    occurredAt: 1_763_833_333_333,
    commandId: 'c',
    commandHash: null,
    amount: 9_007_199_254_740_991n,
    currency: 'USD',
    ...openedWith(9_223_372_036_854_775_807n),
    reference: 'Žofie 👩🏽‍💻',
  };

  test('starts with C3 01 and the fingerprint, and is read back exactly', () => {
    const payload = codec.encode('MoneyDeposited', deposited);
    expect(payload.toString('hex', 0, 10)).toBe(
      `c301${schemas.newest('MoneyDeposited').fingerprint}`,
    );
    expect({ ...(codec.decode(payload).record as object) }).toEqual(deposited);
  });

  test('of any length is kept while others are made', () => {
    const lengths = [10, 4_050, 4_100, 100_000, 20];
    const records = lengths.map((length) => ({ ...deposited, reference: 'r'.repeat(length) }));
    const payloads = records.map((record) => codec.encode('MoneyDeposited', record));
    expect(payloads.map((payload) => ({ ...(codec.decode(payload).record as object) }))).toEqual(
      records,
    );
  });

  test.each([
    ['an empty payload', Buffer.alloc(0)],
    ['JSON', Buffer.from('{"amount":1,"currency":"USD"}')],
    ['an unknown schema', Buffer.concat([Buffer.from('c301ffffffffffffffff', 'hex')])],
    ['a torn datum', codec.encode('MoneyDeposited', deposited).subarray(0, -3)],
    ['bytes too many', Buffer.concat([codec.encode('MoneyDeposited', deposited), Buffer.alloc(1)])],
  ])('%s is refused', (_, payload) => {
    expect(() => codec.decode(payload)).toThrow(UndecodablePayloadError);
  });

  test('a field that does not fit is refused before anything is written', () => {
    expect(() => codec.encode('MoneyDeposited', { ...deposited, amount: 2n ** 63n })).toThrow();
    expect(() => codec.encode('MoneyDeposited', { ...deposited, amount: 1 })).toThrow();
  });
});
