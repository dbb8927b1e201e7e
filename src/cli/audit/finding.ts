/** The invariants that a finding can break, as docs/cli.md names them. */
export type Invariant =
  /** Money is neither made nor lost: transfers net to zero in every currency. */
  | 'I1'
  /** Every command that was answered is in the log. */
  | 'I2'
  /** Every command takes effect once. */
  | 'I3'
  /** The fold of the log, the snapshot and the read models agree. */
  | 'I4'
  /** What is available never falls below zero, the overdraft limit counted. */
  | 'I5'
  /** An account's versions are 1, 2, 3 ..., and every event can be read and follows the one before. */
  | 'I6';

/** Something that must not be, and where it was seen first. */
export interface Finding {
  /** Stream sequence. */
  readonly sequence: number;
  readonly invariant: Invariant;
  /** Undefined where it is not of one account. */
  readonly accountId?: string;
  /** In a sentence without its account and sequence. */
  readonly what: string;
  readonly remedy: Remedy;
}

/** What to do about it; `docs/cli.md` says more of each. */
export type Remedy = keyof typeof REMEDIES;

export const REMEDIES = {
  log: 'the log itself is wrong, which no command changes: stop the writers and restore the stream from a backup: jetbank restore DIR',
  code: 'what cannot be read may be of a newer release: verify with that one; else restore the stream from a backup: jetbank restore DIR',
  snapshot: 'a snapshot is disposable: jetbank snapshots rebuild ID',
  readModel: 'the read models are made anew from the log: jetbank projections rebuild accounts',
} as const;
