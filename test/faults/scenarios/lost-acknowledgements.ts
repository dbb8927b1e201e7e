import { expect } from 'vitest';
import type { SeededRandom } from '../../support/random.ts';
import { storedSequence } from '../../support/nats-frames.ts';
import { STREAM } from '../../../src/event-store/jetstream/names.ts';
import { faultRun } from '../support/fault-run.ts';
import type { Outcome } from '../support/fault-run.ts';
import type { LoadSize } from '../support/load.ts';
import { proxiedStage } from '../support/stage.ts';

/** Up to so many commands of each client are told between one fault and the next. */
const QUIET_COMMANDS = 10;

/** A service is killed when its append is stored and its acknowledgement on the way. */
export async function killBeforeReply(random: SeededRandom, size: LoadSize): Promise<void> {
  const stage = await proxiedStage();
  try {
    const stored: number[] = [];
    const outcome = await faultRun(stage, random, size, async (load, note) => {
      for (let kills = 0; kills < size.faults; kills += 1) {
        await load.progress(random.below(QUIET_COMMANDS * size.clients));
        const victim = random.below(stage.services.length);
        const ack = await stage.proxies[victim]!.holdNext('ack');
        await stage.services[victim]!.process.kill('SIGKILL');
        ack.cut();
        stored.push(sequenceOf(ack.frame));
        note(`killed service ${victim} before it read the acknowledgement of ${stored.at(-1)}`);
        await stage.replace(victim);
      }
    });
    expectReplayed(stored, outcome);
  } finally {
    await stage.stop();
  }
}

/** The connection breaks when an append is stored and its acknowledgement on the way. */
export async function cutBeforeAck(random: SeededRandom, size: LoadSize): Promise<void> {
  const stage = await proxiedStage();
  try {
    const stored: number[] = [];
    const { ledger } = await faultRun(stage, random, size, async (load, note) => {
      for (let cuts = 0; cuts < size.faults; cuts += 1) {
        await load.progress(random.below(QUIET_COMMANDS * size.clients));
        const victim = random.below(stage.services.length);
        const ack = await stage.proxies[victim]!.holdNext('ack');
        ack.cut();
        stored.push(sequenceOf(ack.frame));
        note(`cut service ${victim} off from the acknowledgement of ${stored.at(-1)}`);
      }
    });
    const inLog = new Set(ledger.events.map(({ sequence }) => sequence));
    expect(stored.filter((sequence) => !inLog.has(sequence))).toEqual([]);
  } finally {
    await stage.stop();
  }
}

const sequenceOf = (ack: Buffer): number => storedSequence(ack, STREAM) ?? 0;

/** Nobody had been told of these events: the answer of each was given on a retry. */
function expectReplayed(sequences: readonly number[], { told, ledger }: Outcome): void {
  for (const sequence of sequences) {
    const event = ledger.events.find((recorded) => recorded.sequence === sequence)?.event;
    const one = told.find(({ command }) => command.key === event?.commandId);
    expect(one?.answer.headers.get('idempotent-replayed'), one?.story.join('\n')).toBe('true');
  }
}
