import { UsageError } from './arguments.ts';

/** Copies of a stream, 1 to 5; undefined where the flag is not given. @throws UsageError */
export function replicasFlag(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-5]$/.test(text)) return Number(text);
  throw new UsageError(`--replicas is "${text}", but must be a whole number from 1 to 5`);
}
