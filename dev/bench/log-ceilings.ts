import { randomUUID } from 'node:crypto';
import { jetstream } from '@nats-io/jetstream';
import { headers } from 'nats';
import type { MsgHdrs, NatsConnection } from 'nats';
import { EXPECTED_SEQUENCE_HEADER } from '../../src/event-store/jetstream/names.ts';
import { rateOf } from './stats.ts';

const payload = new Uint8Array(150);
const SPREAD_CALLERS = 256;

/** Publishes with an expected sequence on many subjects, 256 under way at once; events a second. */
export function spreadPublishes(nc: NatsConnection, milliseconds: number): Promise<number> {
  const js = jetstream(nc);
  const run = randomUUID();
  const last = new Map<number, number>();
  return rateOf(milliseconds, SPREAD_CALLERS, async (worker) => {
    const expect = { lastSubjectSequence: last.get(worker) ?? 0 };
    const ack = await js.publish(`bench.spread.${run}.${worker}`, payload, { expect });
    last.set(worker, ack.seq);
    return 1;
  });
}

/** Publishes with an expected sequence on one subject, one after another; events a second. */
export function serialPublishes(nc: NatsConnection, milliseconds: number): Promise<number> {
  const js = jetstream(nc);
  const subject = `bench.serial.${randomUUID()}`;
  let last = 0;
  return rateOf(milliseconds, 1, async () => {
    const ack = await js.publish(subject, payload, { expect: { lastSubjectSequence: last } });
    last = ack.seq;
    return 1;
  });
}

/** The server refuses more than 50 on a stream at once. */
const BATCHES_AT_ONCE = 48;
const TIMEOUT_MS = 5_000;

/** Atomic batches of two events, each pair of subjects for itself; batches a second. */
export function pairedBatches(nc: NatsConnection, milliseconds: number): Promise<number> {
  const run = randomUUID();
  const last = new Map<number, number>();
  return rateOf(milliseconds, BATCHES_AT_ONCE, async (worker) => {
    const pair = [`bench.pair.${run}.${worker}.a`, `bench.pair.${run}.${worker}.b`] as const;
    const before = last.get(worker) ?? 0;
    const stored = await batchOfTwo(nc, pair, [Math.max(before - 1, 0), before]);
    last.set(worker, stored);
    return 1;
  });
}

/** The same where every batch is on one shared subject too, so one after another. */
export function batchesToOne(
  nc: NatsConnection,
  milliseconds: number,
  payers: number,
): Promise<number> {
  const run = randomUUID();
  const last = new Map<number, number>();
  let next = 0;
  let received = 0;
  return rateOf(milliseconds, 1, async () => {
    const payer = next++ % payers;
    const pair = [`bench.one.${run}.${payer}`, `bench.one.${run}.receiver`] as const;
    received = await batchOfTwo(nc, pair, [last.get(payer) ?? 0, received]);
    last.set(payer, received - 1);
    return 1;
  });
}

/** Answers the stream sequence of the second event. @throws Error when the batch is refused. */
async function batchOfTwo(
  nc: NatsConnection,
  [first, second]: readonly [string, string],
  [firstExpected, secondExpected]: readonly [number, number],
): Promise<number> {
  const id = randomUUID();
  nc.publish(first, payload, { headers: batchHeaders(id, 1, firstExpected) });
  const commit = batchHeaders(id, 2, secondExpected);
  commit.set('Nats-Batch-Commit', '1');
  const answer = await nc.request(second, payload, { headers: commit, timeout: TIMEOUT_MS });
  const { seq, error } = answer.json<{ readonly seq?: number; readonly error?: unknown }>();
  if (seq === undefined) throw new Error(`a batch was refused: ${JSON.stringify(error)}`);
  return seq;
}

function batchHeaders(id: string, place: number, expectedSequence: number): MsgHdrs {
  const result = headers();
  result.set('Nats-Batch-Id', id);
  result.set('Nats-Batch-Sequence', String(place));
  result.set(EXPECTED_SEQUENCE_HEADER, String(expectedSequence));
  return result;
}
