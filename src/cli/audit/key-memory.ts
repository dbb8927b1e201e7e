import { hash } from 'node:crypto';
import { REMEMBERED_COMMANDS, rememberedIn } from '../../account/record.ts';
import type { RememberedCommand } from '../../account/record.ts';
import type { RecordedEvent } from '../../account/events.ts';

/**
 * What one account remembers of its keyed commands, as `account/record.ts` does, in 16 bytes each
 * instead of some hundred: an audit holds all accounts at once.
 */
export interface KeyMemory {
  /** Whether it is the key of the newest command, or of an older one; undefined for a new key. */
  find(keyHash: string): 'newest' | 'older' | undefined;
  /** Takes the event's command in, if it is keyed. */
  add(recorded: RecordedEvent): void;
  /** Stands for all that is remembered, in order; equal to {@link digestOfCommands} of the same commands. */
  digest(): string;
}

interface Entry {
  readonly keyHash: bigint;
  readonly digest: bigint;
}

/** Two words an entry: the key's hash and the command's digest. The creation, if it was keyed, comes first. */
const WORDS = 2;
const FIRST_ENTRIES = 4;

export function keyMemory(): KeyMemory {
  let words = new BigUint64Array(0);
  let count = 0;
  let keepsCreation = false;

  const keyAt = (index: number): bigint | undefined => words[index * WORDS];

  function write(index: number, { keyHash, digest }: Entry): void {
    if (index * WORDS >= words.length) {
      const entries = Math.min(REMEMBERED_COMMANDS + 1, Math.max(FIRST_ENTRIES, index * 2));
      const larger = new BigUint64Array(entries * WORDS);
      larger.set(words);
      words = larger;
    }
    words[index * WORDS] = keyHash;
    words[index * WORDS + 1] = digest;
  }

  return {
    find(text) {
      const wanted = keyOf(text);
      for (let index = count - 1; index >= 0; index -= 1) {
        if (keyAt(index) === wanted) return index === count - 1 ? 'newest' : 'older';
      }
      return undefined;
    },

    add(recorded) {
      const command = rememberedIn(recorded);
      if (command === undefined) return;
      const entry = { keyHash: keyOf(command.keyHash), digest: digestOf(command) };
      // Several events of one command are one memory.
      if (count > 0 && keyAt(count - 1) === entry.keyHash) count -= 1;
      if (count === 0) keepsCreation = command.version === 1;
      const kept = keepsCreation ? 1 : 0;
      if (count - kept >= REMEMBERED_COMMANDS) {
        words.copyWithin(kept * WORDS, (kept + 1) * WORDS, count * WORDS);
        count -= 1;
      }
      write(count, entry);
      count += 1;
    },

    digest() {
      const entries = Array.from({ length: count * WORDS }, (_, index) => words[index] ?? 0n);
      return digestOfWords(entries);
    },
  };
}

/** The digest of commands as a snapshot has them. */
export const digestOfCommands = (commands: readonly RememberedCommand[]): string =>
  digestOfWords(commands.flatMap((command) => [keyOf(command.keyHash), digestOf(command)]));

const keyOf = (keyHash: string): bigint => BigInt(`0x${keyHash}`);
const hexOf = (word: bigint): string => word.toString(16).padStart(16, '0');
const digestOfWords = (words: readonly bigint[]): string => words.map(hexOf).join('');

/** 64 bits over everything that is remembered of the command but its key. */
function digestOf(command: RememberedCommand): bigint {
  const { commandHash, version, sequence, rejection, balance, held, overdraftLimit, status } =
    command;
  const said = rejection && [rejection.code, rejection.detail, rejection.field];
  const standing = [balance, held, overdraftLimit, status].map(String);
  const text = JSON.stringify([commandHash, version, sequence, said, standing]);
  return BigInt(`0x${hash('sha256', text, 'hex').slice(0, 16)}`);
}
