import { messageOf } from '../platform/message-of.ts';
import type { KnownState } from './known-state.ts';
import type { Obstacle } from './open-commands.ts';

/** What one round of the worker, from the known state to an append, leaves behind. */
export interface Round {
  readonly known: KnownState | undefined;
  /** How many commands the next append takes at most. */
  readonly limit: number;
  /** Set when the round was in vain: the next one waits a little. */
  readonly obstacle?: Obstacle;
}

/** The obstacle of a round that could not read the log. */
export const unreadable = (error: unknown): Obstacle => ({
  kind: 'unavailable',
  detail: `the log cannot be read: ${messageOf(error)}`,
});
