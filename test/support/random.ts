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

/** mulberry32: small, quick, and the same everywhere. `what` names the use in the printed line. */
export function seededRandom(what: string): SeededRandom {
  const seed = Number(process.env['TEST_SEED'] ?? randomInt(LARGEST_SEED));
  console.log(`${what}: TEST_SEED=${seed}`);
  return randomFrom(seed);
}

function randomFrom(seed: number): SeededRandom {
  let state = seed;

  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
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
    fork: () => randomFrom(below(LARGEST_SEED)),
  };
}
