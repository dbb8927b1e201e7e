import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { eventually } from '../../support/await.ts';
import { headerIn, subjectIn } from '../../support/nats-frames.ts';
import type { SeededRandom } from '../../support/random.ts';
import { faultRun } from '../support/fault-run.ts';
import type { Load, LoadSize } from '../support/load.ts';
import { proxiedStage } from '../support/stage.ts';

/** Clients turn to the other service so soon, in milliseconds. */
const ANSWER_MS = 300;
const TAKEN_OVER_MS = 30_000;
/** Now shorter, now longer than an append waits for its acknowledgement (2 s). */
const LONGEST_PAUSE_MS = 2_500;
const LONGEST_DELAY_MS = 100;

/**
 * A service stands still (SIGSTOP) with an append on the wire, while the other one takes its accounts
 * over. The append lands at once, or only after the account has moved on, before or after the service
 * goes on with what it had in its cache.
 */
export async function suspendService(random: SeededRandom, size: LoadSize): Promise<void> {
  const stage = await proxiedStage();
  try {
    const late: string[] = [];
    const patience = { ...size, answerMs: ANSWER_MS };
    const { ledger } = await faultRun(stage, random, patience, async (load, note) => {
      for (let pauses = 0; pauses < size.faults; pauses += 1) {
        const victim = random.below(stage.services.length);
        const { process } = stage.services[victim]!;
        const append = await stage.proxies[victim]!.holdNext('append');
        void process.kill('SIGSTOP');
        const lands = random.pick(['at once', 'before it goes on', 'after it goes on'] as const);
        const eventId = headerIn(append.frame, 'ce-id') ?? '';
        note(`service ${victim} stands still, its append of ${eventId} lands ${lands}`);
        if (lands === 'at once') append.pass();
        else late.push(eventId);
        await untilMovedOn(load, append.frame);
        await sleep(random.below(LONGEST_PAUSE_MS));
        if (lands === 'before it goes on') append.pass();
        void process.kill('SIGCONT');
        note(`service ${victim} goes on`);
        await sleep(random.below(LONGEST_DELAY_MS));
        if (lands === 'after it goes on') append.pass();
        await load.progress(size.clients);
      }
    });
    const tooLate = ledger.events.filter(({ event }) => late.includes(event.eventId));
    expect(tooLate, 'appends that landed on an account that had moved on').toEqual([]);
  } finally {
    for (const { process } of stage.services) void process.kill('SIGCONT');
    await stage.stop();
  }
}

/** The append's account has an event of the other service by now: a client was told of it. */
async function untilMovedOn({ told }: Load, append: Buffer): Promise<void> {
  const accountId = subjectIn(append).split('.').at(-1);
  const expected = Number(headerIn(append, 'Nats-Expected-Last-Subject-Sequence'));
  const since = told.length;
  const beyond = () =>
    told.slice(since).some(({ answer }) => {
      if (answer.status >= 300) return false;
      const { account } = answer;
      return account.accountId === accountId && account.sequence > expected;
    });
  await eventually(beyond, { timeoutMs: TAKEN_OVER_MS, what: `${accountId} taken over` });
}
