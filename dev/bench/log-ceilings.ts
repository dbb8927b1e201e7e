import { randomUUID } from 'node:crypto';
import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from 'nats';
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
