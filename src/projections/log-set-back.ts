import type { JetStreamManager } from '@nats-io/jetstream';
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
  jsm: JetStreamManager,
  { id, build }: Group,
  checkpoint: number,
): Promise<void> {
  if (checkpoint === 0) return;
  const { state } = await jsm.streams.info(STREAM);
  if (checkpoint <= state.last_seq) return;
  throw new LogSetBackError(
    `${id} is at stream sequence ${checkpoint}, but ${STREAM} ends at ${state.last_seq}: the log was ` +
      `set back. Make the read models anew with "jetbank projections rebuild ${build.projection}"`,
  );
}
