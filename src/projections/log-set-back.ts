import type { EventReader } from '../event-store/event-store.ts';
import { STREAM } from '../event-store/jetstream/names.ts';
import type { Group } from './build.ts';

/** The read models show more than the log has: it was restored from an older backup, or made anew. */
export class LogSetBackError extends Error {
  override readonly name = 'LogSetBackError';
}

/**
 * New events would be taken for repeats up to a checkpoint that lies ahead of the log.
 * @throws LogSetBackError saying what to do.
 */
export async function expectInLog(
  events: EventReader,
  { id, build }: Group,
  checkpoint: number,
): Promise<void> {
  if (checkpoint === 0) return;
  const last = await events.lastSequence();
  if (checkpoint <= last) return;
  throw new LogSetBackError(
    `${id} is at stream sequence ${checkpoint}, but ${STREAM} ends at ${last}: the log was ` +
      `set back. Make the read models anew with "jetbank projections rebuild ${build.projection}"`,
  );
}
