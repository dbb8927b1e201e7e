import { randomUUID } from 'node:crypto';

/** Where time and ids come from, so that the domain's surroundings are deterministic in tests. */
export interface Sources {
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number;
  readonly newId: () => string;
}

export const systemSources: Sources = { now: Date.now, newId: randomUUID };
