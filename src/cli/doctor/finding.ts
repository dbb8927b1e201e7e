/** What one check has found. */
export interface Finding {
  readonly check: string;
  readonly level: 'ok' | 'warn' | 'fail';
  /** What was seen. */
  readonly detail: string;
  /** What to do about it; undefined where all is well. */
  readonly remedy?: string;
}

export const ok = (check: string, detail: string): Finding => ({ check, level: 'ok', detail });

export const warn = (check: string, detail: string, remedy: string): Finding => ({
  ...{ check, level: 'warn', detail, remedy },
});

export const fail = (check: string, detail: string, remedy: string): Finding => ({
  ...{ check, level: 'fail', detail, remedy },
});

/** Clocks date events and end holds; more than a second apart is seen, a minute does harm. */
const CLOCK_WARN_MS = 1_000;
const CLOCK_FAIL_MS = 60_000;

/** Holds a server's clock, read between two readings of this one, against it; all in milliseconds. */
export function clockFinding(
  check: string,
  before: number,
  server: number,
  after: number,
): Finding {
  const offset = Math.round(server - (before + after) / 2);
  const detail = `${Math.abs(offset)} ms ${offset < 0 ? 'behind' : 'ahead of'} this machine's`;
  const remedy = 'let NTP set the clocks: events are dated and holds end by them';
  if (Math.abs(offset) >= CLOCK_FAIL_MS) return fail(check, detail, remedy);
  return Math.abs(offset) >= CLOCK_WARN_MS ? warn(check, detail, remedy) : ok(check, detail);
}

/** Whether `version` (`2.14.0`) is at least `wanted`. */
export function atLeast(version: string, wanted: string): boolean {
  const [have, want] = [version, wanted].map((text) => text.split('.').map(Number.parseFloat));
  for (const [index, number] of (want ?? []).entries()) {
    const other = have?.[index] ?? 0;
    if (other !== number) return other > number;
  }
  return true;
}
