import { randomInt } from 'node:crypto';

/** Random choices that can be had again: the seed is printed, and TEST_SEED sets it. */
export interface SeededRandom {
  readonly seed: number;
  /** From 0 up to 1. */
  next(): number;
  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number;
  pick<T>(from: readonly T[]): T;
  /** A UUID (version 4 in shape). */
  uuid(): string;
  /** Choices of their own: what one of several at work draws does not hang on when the others draw. */
  fork(): SeededRandom;
}

const LARGEST_SEED = 2 ** 31;

/** `what` names the use in the printed line. */
export function seededRandom(what: string): SeededRandom {
  const seed = Number(process.env['TEST_SEED'] ?? randomInt(LARGEST_SEED));
  console.log(`${what}: TEST_SEED=${seed}`);
  return randomFrom(seed, [seed, 0, 0]);
}

/** Draws that are thrown away, until every bit of the seed has reached all of the state. */
const WARM_UP = 15;

/**
 * sfc32: small, quick, and the same everywhere. Its state of 128 bits and its counter keep forks
 * apart: with a smaller one, two of many forks sooner or later draw the same UUIDs.
 */
function randomFrom(seed: number, [first, second, third]: [number, number, number]): SeededRandom {
  let [a, b, c, counter] = [first | 0, second | 0, third | 0, 1];

  function bits(): number {
    const mixed = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + mixed) | 0;
    return mixed >>> 0;
  }
  for (let draws = 0; draws < WARM_UP; draws += 1) bits();
  const next = () => bits() / 2 ** 32;
  const below = (limit: number) => Math.floor(next() * limit);
  const hex = (digits: number) =>
    Array.from({ length: digits }, () => below(16).toString(16)).join('');
  return {
    seed,
    next,
    below,
    pick(from) {
      const picked = from[below(from.length)];
      if (picked === undefined) throw new RangeError('nothing to pick from');
      return picked;
    },
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`,
    fork: () => randomFrom(seed, [bits(), bits(), bits()]),
  };
}
