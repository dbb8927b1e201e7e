import { expect, test } from 'vitest';
import { openedWith } from '../account/events.ts';
import { decodeSnapshot, encodeSnapshot } from './snapshot-codec.ts';

const record = {
  account: {
    accountId: '6f1c1c52-4a34-4c0e-9f5a-0d2f4f3f8a10',
    ownerName: 'Juan Pérez',
    currency: 'USD',
    ...openedWith(130_000n),
    version: 5,
    holds: [],
  },
  sequence: 1042,
  commands: [
    {
      keyHash: 'k',
      commandHash: 'h',
      version: 4,
      ...openedWith(1n),
      sequence: 1041,
      rejection: { code: 'insufficient_funds', detail: 'too little', field: null },
    },
  ],
};

test('a snapshot is read back as it was', () => {
  const decoded = decodeSnapshot(encodeSnapshot(record));
  expect(JSON.stringify(decoded, bigIntAsText)).toBe(JSON.stringify(record, bigIntAsText));
});

test('a snapshot with any bit turned is refused', () => {
  const payload = encodeSnapshot(record);
  for (let bit = 0; bit < payload.length * 8; bit += 1) {
    const altered = Buffer.from(payload);
    altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(() => decodeSnapshot(altered), `bit ${bit}`).toThrow();
  }
});

test('a torn snapshot is refused', () => {
  const payload = encodeSnapshot(record);
  for (let length = 0; length < payload.length; length += 1) {
    expect(() => decodeSnapshot(payload.subarray(0, length))).toThrow();
  }
});

const bigIntAsText = (_: string, value: unknown) =>
  typeof value === 'bigint' ? value.toString() : value;
