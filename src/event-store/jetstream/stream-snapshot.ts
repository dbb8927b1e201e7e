import type { StreamConfig, StreamState } from '@nats-io/jetstream';
import { createInbox } from 'nats';
import type { Msg, NatsConnection } from 'nats';

/** A stream as a snapshot takes it: the file `backup.json` of the nats CLI. */
export interface SnapshotHeader {
  readonly config: StreamConfig;
  /** Of the moment at which it began; what is written meanwhile may be in it too. */
  readonly state: StreamState;
}

/** Size of a chunk, in bytes: what the nats CLI uses. */
export const CHUNK = 128 * 1024;

/** A transfer that brings nothing for so long was broken off, in milliseconds. */
const IDLE_MS = 15_000;
const REQUEST_TIMEOUT_MS = 10_000;

/** The server reads the whole stream before it answers the last chunk, in milliseconds. */
const RESTORE_TIMEOUT_MS = 60 * 60_000;

const NO_CONTENT = 204;

/** The server says that it cannot, or could not go on. */
export class SnapshotRefusedError extends Error {
  override readonly name = 'SnapshotRefusedError';
}

/**
 * Has the server send a stream, without its consumers, as the archive that `stream backup` of the nats
 * CLI writes; writers go on meanwhile. The server waits for `write` when it is far ahead.
 * @throws SnapshotRefusedError when the server refuses, or breaks it off; Error when it says no more.
 */
export async function takeSnapshot(
  nc: NatsConnection,
  stream: string,
  inboxPrefix: string,
  write: (chunk: Uint8Array, header: SnapshotHeader) => Promise<void>,
): Promise<SnapshotHeader> {
  const inbox = createInbox(inboxPrefix);
  const chunks = nc.subscribe(inbox);
  const timer = setTimeout(() => chunks.unsubscribe(), IDLE_MS);
  try {
    const request = { deliver_subject: inbox, no_consumers: true, chunk_size: CHUNK };
    const answer = await ask(nc, `$JS.API.STREAM.SNAPSHOT.${stream}`, request);
    const header = answer as unknown as SnapshotHeader;
    for await (const message of chunks) {
      timer.refresh();
      if (message.data.length === 0) {
        expectEnd(message);
        return header;
      }
      await write(message.data, header);
      message.respond();
    }
    throw new Error(`the snapshot of ${stream} was broken off: nothing came for ${IDLE_MS} ms`);
  } finally {
    clearTimeout(timer);
    chunks.unsubscribe();
  }
}

/** The end is an empty message, with the reason where it came too early. */
function expectEnd({ headers }: Msg): void {
  const code = headers?.code ?? 0;
  if (code === 0 || code === NO_CONTENT) return;
  throw new SnapshotRefusedError(
    `the server broke the snapshot off: ${code} ${headers?.description ?? ''}`,
  );
}

/**
 * Has the server make a stream of an archive, with its sequences and times.
 * @throws Error when the server refuses it, also because there is such a stream.
 */
export async function sendSnapshot(
  nc: NatsConnection,
  header: SnapshotHeader,
  chunks: AsyncIterable<Uint8Array>,
  onSent: (bytes: number) => void,
): Promise<void> {
  const { name } = header.config;
  const { deliver_subject: target } = await ask(nc, `$JS.API.STREAM.RESTORE.${name}`, header);
  if (typeof target !== 'string') throw new Error('the server does not say where to send it');
  let sent = 0;
  for await (const chunk of chunks) {
    errorIn(await nc.request(target, chunk, { timeout: REQUEST_TIMEOUT_MS }));
    sent += chunk.length;
    onSent(sent);
  }
  errorIn(await nc.request(target, '', { timeout: RESTORE_TIMEOUT_MS }));
}

type Answer = Readonly<Record<string, unknown>>;

async function ask(nc: NatsConnection, subject: string, body: object): Promise<Answer> {
  const timeout = REQUEST_TIMEOUT_MS;
  return errorIn(await nc.request(subject, JSON.stringify(body), { timeout }));
}

/** The answer. @throws SnapshotRefusedError when it tells of an error. */
function errorIn(message: Msg): Answer {
  if (message.data.length === 0) return {};
  const answer = message.json<Answer & { error?: { description: string } }>();
  if (answer.error !== undefined) throw new SnapshotRefusedError(answer.error.description);
  return answer;
}
