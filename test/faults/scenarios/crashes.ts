import type { SeededRandom } from '../../support/random.ts';
import { expectReadModelsOf, untilProjected } from '../../support/read-models.ts';
import { faultRun } from '../support/fault-run.ts';
import type { LoadSize } from '../support/load.ts';
import { singleStage } from '../support/stage.ts';

/** Up to so many commands are told between one crash and the next. */
const QUIET_COMMANDS = 400;

/** Services and nats-server are killed at random moments; the read models follow the log. */
export async function crash(random: SeededRandom, size: LoadSize): Promise<void> {
  const stage = await singleStage();
  try {
    const { bank, services } = stage;
    const { ledger } = await faultRun(stage, random, size, async (load, note) => {
      for (let crashes = 0; crashes < size.faults; crashes += 1) {
        await load.progress(random.below(QUIET_COMMANDS));
        const victim = random.below(services.length + 1);
        const service = services[victim];
        note(service === undefined ? 'killed nats-server' : `killed service ${victim}`);
        if (service === undefined) {
          bank.nats.kill('SIGKILL');
          await bank.nats.restart();
        } else {
          await service.process.kill('SIGKILL');
          await stage.replace(victim);
        }
      }
    });
    await bank.startQuery();
    await untilProjected(bank.db, ledger.lastSequence);
    await expectReadModelsOf(bank.db, ledger);
  } finally {
    await stage.stop();
  }
}
