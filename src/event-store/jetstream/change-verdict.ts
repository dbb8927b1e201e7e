import type { Drift } from './config-drift.ts';

/** Whether a setting may be changed to what `streams/` says; if not, why and what to do instead. */
export type Verdict =
  | { readonly kind: 'safe' }
  | { readonly kind: 'refused'; readonly reason: string; readonly remedy: string };

export const SAFE: Verdict = { kind: 'safe' };

export const refused = (reason: string, remedy: string): Verdict => ({
  kind: 'refused',
  reason,
  remedy,
});

/** What is held against a setting that nobody has thought about yet: it stays as it is. */
export const unknownChange = ({ setting }: Drift, command: string): Verdict =>
  refused(
    `what a change of ${setting} does to what is stored is not known here`,
    `change it yourself with "${command}" when you are sure, or put it into streams/`,
  );
