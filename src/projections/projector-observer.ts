import type { Checkpoint } from './checkpoint.ts';
import type { ParkedAccount } from './parked.ts';

/** What a group's projector tells about its work, for metrics and logs. */
export interface ProjectorObserver {
  /** It starts from here. */
  readonly started: (checkpoint: Checkpoint) => void;
  /** MongoDB lacks events that the consumer will not deliver next: they are read from the stream. */
  readonly healing: (from: number, to: number) => void;
  /** An event has come that carries the trace context of its append, a W3C `traceparent`. */
  readonly delivered?: (sequence: number, traceparent: string) => void;
  readonly wrote: (batch: BatchReport) => void;
  /**
   * Events of the group that its consumer has not seen applied; told now and then while it is idle,
   * with the checkpoint, which another process may have moved, where MongoDB can be read.
   */
  readonly pending: (events: number, checkpoint?: Checkpoint) => void;
  /** The accounts' events wait until an operator has them retried. */
  readonly parked: (accounts: readonly ParkedAccount[]) => void;
  /** The work broke off and begins again from the checkpoint after a wait. */
  readonly failed: (error: unknown, waitMs: number) => void;
}

export interface BatchReport {
  readonly events: number;
  /** Events that were applied already. */
  readonly repeated: number;
  readonly checkpoint: Checkpoint;
  /** Events that the consumer still has to deliver. */
  readonly pending: number;
}
