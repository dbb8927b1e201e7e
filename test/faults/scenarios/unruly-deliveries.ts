import { jetstreamManager } from '@nats-io/jetstream';
import { nanos } from 'nats';
import { expect } from 'vitest';
import { provisionStreams } from '../../../src/event-store/jetstream/provision.ts';
import { STREAM } from '../../../src/event-store/jetstream/names.ts';
import { desiredConsumer } from '../../../src/projections/durable-consumer.ts';
import { startBank } from '../../support/bank.ts';
import { deliveryIn } from '../../support/nats-frames.ts';
import { isAcknowledgement, startNatsProxy } from '../../support/nats-proxy.ts';
import type { SeededRandom } from '../../support/random.ts';
import type { LoadSize } from '../support/load.ts';
import { healingsOf } from '../support/projector-log.ts';
import { readFaultRun } from '../support/read-fault-run.ts';
import { readStage } from '../support/read-stage.ts';
import { GROUP } from '../support/worker.ts';

/** What is told in one round of disturbances. */
const COMMANDS = 250;
/** Events are delivered again that soon, in milliseconds; in production it takes 30 seconds. */
const ACK_WAIT_MS = 200;
const KEPT_REPEATS = 50;

/** Most acknowledgements get lost for a long time: what they were for is delivered again and again. */
export async function dropAcknowledgements(random: SeededRandom, size: LoadSize): Promise<void> {
  const bank = await startBank();
  const jsm = await jetstreamManager(bank.nc, { checkAPI: false });
  await provisionStreams(jsm, { create: true, replicas: 1 });
  await jsm.consumers.add(STREAM, { ...desiredConsumer(GROUP), ack_wait: nanos(ACK_WAIT_MS) });
  const proxy = await startNatsProxy(bank.nats);
  const seen = { dropped: 0, redelivered: 0 };
  const draws = random.fork();
  proxy.disturb('to server', (frames) =>
    frames.filter((frame) => {
      const dropped = isAcknowledgement(frame) && draws.below(10) > 0;
      if (dropped) seen.dropped += 1;
      return !dropped;
    }),
  );
  proxy.disturb('to client', (frames) => {
    const again = frames.filter((frame) => (deliveryIn(frame)?.deliveryCount ?? 0) > 1);
    seen.redelivered += again.length;
    return frames;
  });
  const stage = await readStage(bank, { NATS_URL: proxy.url });
  try {
    await readFaultRun(stage, random, size, async (load, note) => {
      await load.progress(size.faults * COMMANDS);
      note(`${seen.dropped} acknowledgements lost, ${seen.redelivered} events delivered again`);
      expect(Math.min(seen.dropped, seen.redelivered)).toBeGreaterThan(size.faults);
    });
  } finally {
    await stage.stop();
    await proxy.stop();
  }
}

/**
 * Deliveries arrive twice, long after they came first, in another order, and late. What comes out of
 * order is a hole in what was delivered, and must be read from the stream.
 */
export async function shuffleDeliveries(random: SeededRandom, size: LoadSize): Promise<void> {
  const bank = await startBank();
  const proxy = await startNatsProxy(bank.nats);
  const disturbed = shuffler(random.fork());
  proxy.disturb('to client', disturbed.shuffle);
  const stage = await readStage(bank, { NATS_URL: proxy.url });
  try {
    await readFaultRun(stage, random, size, async (load, note) => {
      await load.progress(size.faults * COMMANDS);
      const { repeated, swapped, late } = disturbed.counts;
      note(`${repeated} deliveries repeated, ${swapped} swapped, ${late} late`);
      expect(Math.min(repeated, swapped, late)).toBeGreaterThan(0);
      expect(healingsOf(stage.query())).toBeGreaterThan(0);
    });
  } finally {
    await stage.stop();
    await proxy.stop();
  }
}

/** All else keeps its place: only deliveries are repeated, swapped and kept for the next time. */
function shuffler(draws: SeededRandom) {
  const counts = { repeated: 0, swapped: 0, late: 0 };
  const old: Buffer[] = [];
  let kept: Buffer[] = [];

  function shuffle(frames: readonly Buffer[]): Buffer[] {
    // What was late for the last ones comes behind these, and so really out of order.
    const late = kept;
    kept = [];
    const out: Buffer[] = [];
    for (const frame of frames) {
      if (deliveryIn(frame) === undefined) {
        out.push(frame);
        continue;
      }
      old.push(frame);
      if (old.length > KEPT_REPEATS) old.shift();
      switch (draws.below(12)) {
        case 0:
          counts.repeated += 1;
          out.push(frame, draws.pick(old));
          break;
        case 1:
          counts.late += 1;
          kept.push(frame);
          break;
        case 2: {
          const before = out.at(-1);
          const swaps = before !== undefined && deliveryIn(before) !== undefined;
          if (swaps) counts.swapped += 1;
          out.splice(swaps ? -1 : out.length, 0, frame);
          break;
        }
        default:
          out.push(frame);
      }
    }
    return [...out, ...late];
  }

  return { counts, shuffle };
}
