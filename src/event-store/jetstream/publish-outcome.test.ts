import { describe, expect, test } from 'vitest';
import { outcomeOf } from './publish-outcome.ts';

const outcomeOfReply = (text: string) => outcomeOf({ kind: 'answered', text });

/** A refusal as nats-server writes it into the reply. */
const refusal = (code: number, description: string) =>
  JSON.stringify({
    error: { code: 400, err_code: code, description },
    stream: 'ACCOUNTS',
    seq: 0,
  });

describe('the reply to an append', () => {
  test('with a sequence means stored', () => {
    const reply = '{"stream":"ACCOUNTS","seq":9007199254740991}';
    expect(outcomeOfReply(reply)).toEqual({ kind: 'stored', lastSequence: 9_007_199_254_740_991 });
  });

  test('of a whole batch means stored up to its last sequence', () => {
    const reply = '{"stream":"ACCOUNTS","seq":12,"batch":"b","count":3}';
    expect(outcomeOfReply(reply)).toEqual({ kind: 'stored', lastSequence: 12 });
  });

  test('with the duplicate mark tells where the first of that id stands', () => {
    const reply = '{"stream":"ACCOUNTS","seq":12,"duplicate":true}';
    expect(outcomeOfReply(reply)).toEqual({ kind: 'duplicate', sequence: 12 });
  });

  // Code and description as in nats-server's server/errors.json.
  test.each([
    ['conflict', 10071, 'wrong last sequence: 17'],
    ['conflict', 10164, 'wrong last sequence'],
    ['duplicate', 10201, 'atomic publish batch contains duplicate message id'],
    ['duplicate', 10158, 'duplicate message id is in process'],
  ])('means %s with the code %i (%s)', (kind, code, description) => {
    expect(outcomeOfReply(refusal(code, description))).toEqual({ kind });
  });

  test.each([
    ['busy', 10167, 'too many requests'],
    ['busy', 10210, 'atomic publish too many inflight'],
    ['busy', 10163, 'expected last sequence per subject temporarily unavailable'],
    ['busy', 10176, 'atomic publish batch is incomplete'],
    ['unavailable', 10023, 'insufficient resources'],
    ['unavailable', 10047, 'insufficient storage resources available'],
    ['unavailable', 10054, 'message size exceeds maximum allowed'],
    ['unavailable', 10077, 'maximum bytes exceeded'],
    ['unavailable', 10077, 'maximum messages exceeded'],
    ['unknown', 10077, 'store is closed'],
    ['unavailable', 10109, 'invalid operation on sealed stream'],
    ['unavailable', 10174, 'atomic publish is disabled'],
    ['unavailable', 10199, 'atomic publish batch is too large: 1000'],
    ['unavailable', 1, 'a code that is not known here'],
  ])('means %s with the code %i (%s) and tells it', (kind, code, description) => {
    const reason = `JetStream answered ${code}: ${description}`;
    expect(outcomeOfReply(refusal(code, description))).toEqual({ kind, reason });
  });

  test.each(['{}', '', 'hello', 'null'])('%j is no acknowledgement and tells nothing', (reply) => {
    expect(outcomeOfReply(reply)).toMatchObject({ kind: 'unknown' });
  });
});

test('nobody listening means unavailable', () => {
  expect(outcomeOf({ kind: 'no_responders' })).toMatchObject({ kind: 'unavailable' });
});

test('a lost answer means unknown, and says why', () => {
  const reason = 'no answer within 2000 ms';
  expect(outcomeOf({ kind: 'lost', reason })).toEqual({ kind: 'unknown', reason });
});
