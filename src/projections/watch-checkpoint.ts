import type { CheckpointStore } from './checkpoint.ts';
import type { ProjectionPosition } from './position.ts';

/** How often the checkpoint is read although nothing was heard, in milliseconds. */
const LOOK_EVERY_MS = 2_000;

/**
 * Follows the checkpoint in MongoDB: the read model may be deleted or set back while nothing happens,
 * also by another process that makes it anew, and the news of that one's progress may get lost.
 * Answers the function that ends it.
 */
export function watchCheckpoint(
  checkpoints: CheckpointStore,
  position: ProjectionPosition,
  onGone: () => void,
): () => void {
  let looking = false;

  async function look(): Promise<void> {
    looking = true;
    // News that come during the read may be ahead of it.
    const before = position.current();
    try {
      const checkpoint = await checkpoints.read();
      if (checkpoint === undefined || checkpoint.sequence < before) onGone();
      else position.advance(checkpoint.sequence);
    } catch {
      // Where MongoDB does not answer, nothing is known; the next write will tell.
    }
    looking = false;
  }

  const timer = setInterval(() => {
    if (!looking) void look();
  }, LOOK_EVERY_MS);
  return () => clearInterval(timer);
}
