import type { ArchivedMessage } from './archived-message.ts';
import { BrokenArchiveError } from './byte-reader.ts';

/** A message; or, with sequence 0, a file about the stream, which the subject names. */
export interface Entry extends ArchivedMessage {
  /** Where the next one begins. */
  readonly end: number;
}

/** Lengths of name, headers and payload, time and sequence stand before them. */
const NUMBERS = 5;

/** More than any server takes, so a length beyond it is damage. */
const LONGEST_NAME = 1024 * 1024;
const LONGEST_CONTENT = 128 * 1024 * 1024;

/** Seven bits of a number stand in each byte, so that 64 of them take ten. */
const LAST_SHIFT = 63n;

/**
 * The entry at `from`, with positions that count from `origin` on; undefined where not all of it is there.
 * @throws BrokenArchiveError
 */
export function entryAt(bytes: Buffer, from: number, origin: number): Entry | undefined {
  const numbers: bigint[] = [];
  let nameAt = from;
  while (numbers.length < NUMBERS) {
    const number = varintAt(bytes, nameAt);
    if (number === undefined) return undefined;
    numbers.push(number.value);
    nameAt = number.end;
  }
  const [nameLength = 0n, time = 0n, sequence = 0n, headerLength = 0n, payloadLength = 0n] =
    numbers;
  if (nameLength > LONGEST_NAME || headerLength + payloadLength > LONGEST_CONTENT) {
    throw new BrokenArchiveError(`message ${sequence} is longer than any`);
  }
  const headersAt = nameAt + Number(nameLength);
  const payloadAt = headersAt + Number(headerLength);
  const end = payloadAt + Number(payloadLength);
  if (end > bytes.length) return undefined;
  return {
    at: origin + from,
    sequence: Number(sequence),
    time: (time >> 1n) ^ -(time & 1n),
    subject: bytes.toString('utf8', nameAt, headersAt),
    headers: bytes.toString('utf8', headersAt, payloadAt),
    payload: bytes.subarray(payloadAt, end),
    end: origin + end,
  };
}

function varintAt(bytes: Buffer, from: number): { value: bigint; end: number } | undefined {
  let value = 0n;
  for (let at = from, shift = 0n; at < bytes.length; at += 1, shift += 7n) {
    if (shift > LAST_SHIFT) throw new BrokenArchiveError('a number in it does not end');
    const byte = bytes.readUInt8(at);
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return { value, end: at + 1 };
  }
  return undefined;
}

/** How an entry is written. */
export function entryBytes(entry: Omit<Entry, 'at' | 'end'>): Buffer {
  const name = Buffer.from(entry.subject);
  const headers = Buffer.from(entry.headers);
  const { time, sequence, payload } = entry;
  // The sign is the lowest bit, so that small numbers stay short.
  const signed = BigInt.asUintN(64, (time << 1n) ^ (time >> 63n));
  const lengths = [headers.length, payload.length].map(BigInt);
  const numbers = [BigInt(name.length), signed, BigInt(sequence), ...lengths];
  return Buffer.concat([...numbers.map(varintOf), name, headers, payload]);
}

function varintOf(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}
