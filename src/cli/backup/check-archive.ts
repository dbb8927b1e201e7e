import type { JetStreamManager, StreamState } from '@nats-io/jetstream';
import type { ArchivedMessage } from '../../event-store/jetstream/archive/archived-message.ts';
import type { ArchiveSummary } from '../../event-store/jetstream/archive/read-archive.ts';
import { STREAM } from '../../event-store/jetstream/names.ts';
import { entryOf } from '../../event-store/log-entry.ts';
import { messageOf } from '../../platform/message-of.ts';
import { CliError } from '../cli-error.ts';
import { counted } from '../counted.ts';

/**
 * Whether every message that the stream had when the backup began is in the archive. A log loses no
 * message, so it has no hole but those that the stream itself has, which `jetbank verify` tells.
 * @throws CliError
 */
export function expectAllOf(
  state: Pick<StreamState, 'first_seq' | 'last_seq' | 'messages'>,
  { seen, log }: Pick<ArchiveSummary, 'seen' | 'log'>,
): void {
  if (seen < state.last_seq) {
    throw new CliError(
      `the backup ends at ${seen}, but ${STREAM} was at ${state.last_seq} already: try again`,
    );
  }
  if (state.messages === 0) return;
  const missing = holes(log.first, log.last, log.messages);
  const known = holes(state.first_seq, state.last_seq, state.messages);
  if (log.first === state.first_seq && missing <= known) return;
  throw new CliError(
    `the backup has ${counted(log.messages, 'message')} from ${log.first} to ${log.last}, but ${STREAM} had ` +
      `${state.messages} from ${state.first_seq} to ${state.last_seq}: files of the server have lost some. ` +
      'This is no backup: run "jetbank verify"',
  );
}

const holes = (first: number, last: number, messages: number) => last - first + 1 - messages;

/**
 * For each message of an archive: it has an event, or is byte for byte what the server answers, which
 * checks its own checksum then. That is how a bad event of the log can be told from a rotten file.
 * @throws CliError
 */
export function readableOrAsStored(
  jsm: JetStreamManager,
): (message: ArchivedMessage) => Promise<void> | void {
  async function expectStored(
    { sequence, payload }: ArchivedMessage,
    reason: string,
  ): Promise<void> {
    const refuse = (what: string) =>
      new CliError(
        `message ${sequence} of the backup cannot be read (${reason}), and ${STREAM} ${what}: a file of the ` +
          'server is damaged. This is no backup: see "jetbank verify"',
      );
    const stored = await jsm.streams
      .getMessage(STREAM, { seq: sequence })
      .catch((error: unknown) => {
        throw refuse(`does not answer it: ${messageOf(error)}`);
      });
    if (stored === null) throw refuse('has none there');
    if (!payload.equals(stored.data)) throw refuse('has another one there');
  }

  return (message) => {
    const { sequence: seq, subject, payload: data } = message;
    const entry = entryOf({ seq, subject, data });
    return 'error' in entry ? expectStored(message, entry.error.message) : undefined;
  };
}
