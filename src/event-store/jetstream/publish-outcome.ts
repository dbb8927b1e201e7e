import { errors } from 'nats';
import type { AppendOutcome } from '../event-store.ts';

/** What JetStream answers to a publish, as it stands in the reply. */
interface PubAck {
  readonly stream?: string;
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly error?: { readonly err_code?: number; readonly description?: string };
}

/** JetStream's err_code values that an append must tell apart (nats-server, server/errors.json). */
const WRONG_LAST_SEQUENCE = 10071;
const WRONG_LAST_SEQUENCE_IN_FLIGHT = 10164;
const BATCH_REPEATS_MESSAGE_ID = 10201;
const MESSAGE_ID_IN_FLIGHT = 10158;
const TOO_MANY_REQUESTS = 10167;
const TOO_MANY_BATCHES = 10210;
const EXPECTED_SEQUENCE_NOT_READY = 10163;
/** Some of the batch was lost on the way, so the server gave all of it up. */
const BATCH_INCOMPLETE = 10176;

/** The outcome that the reply to the (last) publish of an append tells. */
export function outcomeOfReply(reply: string): AppendOutcome {
  const ack = JSON.parse(reply) as PubAck;
  if (ack.error !== undefined) {
    const { err_code: code = 0, description = 'no description' } = ack.error;
    return outcomeOfError(code, description);
  }
  if (ack.seq === undefined) return { kind: 'unknown', reason: `not an acknowledgement: ${reply}` };
  // A repeat may have been stored under another request's body: only the log can tell.
  if (ack.duplicate === true) return { kind: 'duplicate' };
  return { kind: 'stored', lastSequence: ack.seq };
}

function outcomeOfError(code: number, description: string): AppendOutcome {
  const reason = `JetStream answered ${code}: ${description}`;
  switch (code) {
    case WRONG_LAST_SEQUENCE:
    case WRONG_LAST_SEQUENCE_IN_FLIGHT:
      return { kind: 'conflict' };
    case BATCH_REPEATS_MESSAGE_ID:
    case MESSAGE_ID_IN_FLIGHT:
      return { kind: 'duplicate' };
    case TOO_MANY_REQUESTS:
    case TOO_MANY_BATCHES:
    case EXPECTED_SEQUENCE_NOT_READY:
    case BATCH_INCOMPLETE:
      return { kind: 'busy', reason };
    default:
      return { kind: 'unavailable', reason };
  }
}

/** The outcome when no reply came but an exception. */
export function outcomeOfException(error: unknown): AppendOutcome {
  const reason = error instanceof Error ? error.message : String(error);
  const nobodyListens =
    error instanceof errors.NoRespondersError ||
    (error instanceof errors.RequestError && error.isNoResponders());
  // Nobody subscribes to the subject: the stream does not exist, or JetStream has no leader for it.
  if (nobodyListens)
    return { kind: 'unavailable', reason: `no stream accepts the event: ${reason}` };
  // These are thrown before a byte is sent.
  if (
    error instanceof errors.InvalidArgumentError ||
    error instanceof errors.ClosedConnectionError
  ) {
    return { kind: 'unavailable', reason };
  }
  return { kind: 'unknown', reason };
}
