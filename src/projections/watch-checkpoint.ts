import type { ProjectionPosition } from './position.ts';

/** How often the checkpoint is read while a query waits for it, and otherwise, in milliseconds. */
const WAITED_FOR_MS = 20;
const IDLE_MS = 2_000;

/**
 * Follows the checkpoint in MongoDB: another process may be the one that projects, and the read
 * model may be deleted while nothing happens. Answers the function that ends it.
 */
export function watchCheckpoint(
  store: { checkpoint(): Promise<number | undefined> },
  position: ProjectionPosition,
  onGone: () => void,
): () => void {
  let looking = false;
  let lookedAt = performance.now();

  async function look(): Promise<void> {
    looking = true;
    lookedAt = performance.now();
    try {
      const checkpoint = await store.checkpoint();
      if (checkpoint === undefined) onGone();
      else position.advance(checkpoint);
    } catch {
      // Where MongoDB does not answer, nothing is known; the next write will tell.
    }
    looking = false;
  }

  const timer = setInterval(() => {
    const due = performance.now() - lookedAt >= IDLE_MS;
    if (!looking && (due || position.waiting() > 0)) void look();
  }, WAITED_FOR_MS);
  return () => clearInterval(timer);
}
