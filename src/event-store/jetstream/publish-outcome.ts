import type { AppendOutcome } from '../event-store.ts';
import type { Reply } from './requester.ts';

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

/**
 * The stream did not take the message. Mostly it is full, and nothing was written; but a leader that
 * shuts down says so too, of what the other servers have agreed on already and go on to store.
 */
const STORE_FAILED = 10077;
const STORE_CLOSED = 'store is closed';

/** Whether the code says that another write came first. */
export const isWrongLastSequence = (code: number): boolean =>
  code === WRONG_LAST_SEQUENCE || code === WRONG_LAST_SEQUENCE_IN_FLIGHT;

function outcomeOfAck(text: string): AppendOutcome {
  const ack = parseAck(text);
  if (ack.error !== undefined) {
    const { err_code: code = 0, description = 'no description' } = ack.error;
    return outcomeOfError(code, description);
  }
  if (ack.seq === undefined) return { kind: 'unknown', reason: `not an acknowledgement: ${text}` };
  // A repeat may have been stored under another request's body: only the log can tell.
  if (ack.duplicate === true) return { kind: 'duplicate', sequence: ack.seq };
  return { kind: 'stored', lastSequence: ack.seq };
}

/** What is no JSON object is an acknowledgement without a sequence. */
function parseAck(text: string): PubAck {
  try {
    return (JSON.parse(text) as PubAck | null) ?? {};
  } catch {
    return {};
  }
}

function outcomeOfError(code: number, description: string): AppendOutcome {
  if (isWrongLastSequence(code)) return { kind: 'conflict' };
  const reason = `JetStream answered ${code}: ${description}`;
  switch (code) {
    case BATCH_REPEATS_MESSAGE_ID:
    case MESSAGE_ID_IN_FLIGHT:
      return { kind: 'duplicate' };
    case TOO_MANY_REQUESTS:
    case TOO_MANY_BATCHES:
    case EXPECTED_SEQUENCE_NOT_READY:
    case BATCH_INCOMPLETE:
      return { kind: 'busy', reason };
    case STORE_FAILED:
      return { kind: description === STORE_CLOSED ? 'unknown' : 'unavailable', reason };
    default:
      return { kind: 'unavailable', reason };
  }
}

/** The outcome of an append whose (last) publish came to this. */
export function outcomeOf(reply: Reply): AppendOutcome {
  switch (reply.kind) {
    case 'answered':
      return outcomeOfAck(reply.text);
    case 'no_responders':
      return {
        kind: 'unavailable',
        reason: 'no stream takes the event: it is missing or leaderless',
      };
    case 'lost':
      return { kind: 'unknown', reason: reply.reason };
  }
}
