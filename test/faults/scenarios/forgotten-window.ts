import { setTimeout as sleep } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { nanos } from 'nats';
import { expect } from 'vitest';
import { REMEMBERED_COMMANDS } from '../../../src/account/record.ts';
import { SNAPSHOT_STREAM, STREAM, TIMER_STREAM } from '../../../src/event-store/jetstream/names.ts';
import { desiredStream } from '../../../src/event-store/jetstream/stream-config.ts';
import { eventually } from '../../support/await.ts';
import type { Bank } from '../../support/bank.ts';
import type { Ledger } from '../../support/ledger.ts';
import type { SeededRandom } from '../../support/random.ts';
import { movementOf, untilTold } from '../support/commands.ts';
import type { Movement, Services, Told } from '../support/commands.ts';
import { expectKeyRefused, expectRepeat } from '../support/load.ts';
import type { LoadSize } from '../support/load.ts';
import { expectAnswersInLog } from '../support/oracle.ts';
import { singleStage } from '../support/stage.ts';

/** Short, so that it is over before the commands come again, in milliseconds. */
const DUPLICATE_WINDOW_MS = 500;
const ANSWER_MS = 5_000;
const MORE_THAN_REMEMBERED = 60;
const READABLE_MS = 30_000;
const OPENING = 20;
const HIGHEST_AMOUNT = 30;

/**
 * Commands come again when JetStream has forgotten their message ids, to services that have just
 * started: what is promised by docs/adr/0004 is known from the log alone, with or without snapshots.
 */
export async function forgetWindow(random: SeededRandom, size: LoadSize): Promise<void> {
  const stage = await singleStage({ env: { JETBANK_PROVISION: 'false' } }, makeStreams);
  try {
    const { bank, services } = stage;
    const histories = Array.from({ length: size.accounts }, () => history(services, random.fork()));
    const told = (await Promise.all(histories)).flat();
    const ledger = await bank.ledger();
    expectAnswersInLog(told, ledger);

    await Promise.all(services.map(({ process }) => process.kill('SIGKILL')));
    // Nothing tells when an id is forgotten: the server looks through them once in a window.
    await sleep(2 * DUPLICATE_WINDOW_MS);
    if (random.below(2) === 0) await deleteSnapshots(bank);
    if (random.below(2) === 0) await bank.nats.restart();
    await Promise.all(services.map((_, index) => stage.replace(index)));

    const promised = new Set(promisedKeys(ledger));
    const again = told.filter(({ command }) => promised.has(command.key));
    const repeats = again.map(async (one) => {
      const draws = random.fork();
      await expectRepeat(services, one, draws, ANSWER_MS);
      await expectKeyRefused(services, one.command, draws, ANSWER_MS);
    });
    await Promise.all(repeats);
    // The restart broke this test's own connection, and a read that was under way then is lost.
    const { lastSequence } = await eventually(() => bank.ledger(), { timeoutMs: READABLE_MS });
    expect(lastSequence, 'repeats wrote something').toBe(ledger.lastSequence);
  } finally {
    await stage.stop();
  }
}

async function makeStreams({ nc }: Bank): Promise<void> {
  const jsm = await jetstreamManager(nc);
  await jsm.streams.add({
    ...desiredStream(STREAM, 1),
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
  });
  await jsm.streams.add(desiredStream(SNAPSHOT_STREAM, 1));
  await jsm.streams.add(desiredStream(TIMER_STREAM, 1));
}

async function deleteSnapshots({ nc }: Bank): Promise<void> {
  const jsm = await jetstreamManager(nc);
  await jsm.streams.purge(SNAPSHOT_STREAM);
}

/** Opens an account and sends it more keyed commands than it remembers. */
async function history(services: Services, random: SeededRandom): Promise<Told[]> {
  const ask = (command: Movement) => untilTold(services, command, random, ANSWER_MS);
  const opening = { key: random.uuid(), accountId: undefined, amount: OPENING };
  const opened = await ask(movementOf({ ...opening, verb: 'create' }));
  const { accountId } = opened.answer.account;
  const commands = REMEMBERED_COMMANDS + random.below(MORE_THAN_REMEMBERED);
  const told = Array.from({ length: commands }, () =>
    ask(
      movementOf({
        key: random.uuid(),
        verb: random.pick(['deposit', 'withdraw']),
        accountId,
        amount: 1 + random.below(HIGHEST_AMOUNT),
      }),
    ),
  );
  return [opened, ...(await Promise.all(told))];
}

/** The account's creation, and the last commands after it. */
function promisedKeys(ledger: Ledger): string[] {
  return [...ledger.accounts.keys()].flatMap((accountId) => {
    const [opening, ...others] = ledger.eventsOf(accountId).map(({ commandId }) => commandId);
    return [opening!, ...others.slice(-REMEMBERED_COMMANDS)];
  });
}
