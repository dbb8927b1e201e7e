import { createHash } from 'node:crypto';

/** What a backup of the log says of it, and what a restored one must say too. */
export interface LogSummary {
  /** Stream sequences; 0 for an empty log. */
  readonly first: number;
  readonly last: number;
  readonly messages: number;
  /** SHA-256, in hex, over every message's sequence, time, subject and payload, in order. */
  readonly digest: string;
}

export interface DigestedMessage {
  readonly sequence: number;
  /** Nanoseconds since 1970 UTC. */
  readonly time: bigint;
  readonly subject: string;
  readonly payload: Uint8Array;
}

/** Adds the messages of a log up, in the order of their sequences. */
export function logDigest() {
  const hash = createHash('sha256');
  let first = 0;
  let last = 0;
  let messages = 0;
  return {
    add({ sequence, time, subject, payload }: DigestedMessage): void {
      if (first === 0) first = sequence;
      last = sequence;
      messages += 1;
      const numbers = Buffer.alloc(20);
      numbers.writeBigUInt64BE(BigInt(sequence), 0);
      numbers.writeBigInt64BE(time, 8);
      numbers.writeUInt32BE(payload.length, 16);
      // A subject holds no line feed, and the payload's length stands before it.
      hash.update(numbers).update(`${subject}\n`).update(payload);
    },
    summary: (): LogSummary => ({ first, last, messages, digest: hash.copy().digest('hex') }),
  };
}

const NANOS = 9;

/** Nanoseconds since 1970 UTC of a time as the server writes it: `2026-11-27T03:02:27.90245021Z`. */
export function nanosOf(timestamp: string): bigint {
  const [seconds = '', fraction = ''] = timestamp.replace('Z', '').split('.');
  return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(NANOS, '0'));
}
