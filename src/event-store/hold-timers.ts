/** The moment at which a hold is to be released. */
export interface HoldTimer {
  /** UUID. */
  readonly accountId: string;
  /** UUID. */
  readonly holdId: string;
  /** Milliseconds since 1970 UTC. */
  readonly expiresAt: number;
}

/** Timers that outlive the process which sets them. */
export interface HoldTimers {
  /**
   * Sets the timer; the same one again changes nothing. It fires at its time, or at the one given, or a
   * little later, and at once where that is past.
   * @throws Error when the timer is not known to be set.
   */
  schedule(timer: HoldTimer, at?: number): Promise<void>;
}
