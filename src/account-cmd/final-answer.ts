import type { CommandAnswer } from './command.ts';

/** Whether the answer stands whatever else the log holds: what a key once did never changes. */
export const isFinal = (answer: CommandAnswer): boolean =>
  answer.kind === 'key_reused' || ('replayed' in answer && answer.replayed);
