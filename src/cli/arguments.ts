import { parseArgs } from 'node:util';
import type { ParseArgsOptionsConfig } from 'node:util';
import { isAccountId } from '../event-store/subjects.ts';
import { messageOf } from '../platform/message-of.ts';

/** The command was called wrongly: exit code 2, and nothing was done. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Flags and operands of a command. @throws UsageError naming the flag that is wrong. */
export function readArguments<const O extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: O,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    // Its first sentence tells which flag; the others tell how to give a file that is named like one.
    throw new UsageError(messageOf(error).split('. ', 1)[0]);
  }
}

/** @throws UsageError when there are operands. */
export function noOperands(operands: readonly string[]): void {
  const [first] = operands;
  if (first !== undefined) throw new UsageError(`it takes no "${first}"`);
}

/** The account ids. @throws UsageError naming the one that is none. */
export function accountIds(operands: readonly string[]): readonly string[] {
  const stranger = operands.find((operand) => !isAccountId(operand));
  if (stranger === undefined) return operands;
  throw new UsageError(`"${stranger}" is no account id: a UUID in lower case`);
}

/** The one account id that the command takes. @throws UsageError */
export function oneAccountId(operands: readonly string[]): string {
  const [id, ...others] = accountIds(operands);
  if (id === undefined) throw new UsageError('name the account: its id, a UUID');
  noOperands(others);
  return id;
}

/** A whole number of at least `min`. @throws UsageError naming the flag. */
export function wholeNumber(flag: string, text: string, min: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= min) return value;
  throw new UsageError(`--${flag} is "${text}", but must be a whole number from ${min}`);
}
