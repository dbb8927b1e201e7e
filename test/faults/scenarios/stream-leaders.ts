import type { SeededRandom } from '../../support/random.ts';
import { untilProjected } from '../../support/read-models.ts';
import { faultRun } from '../support/fault-run.ts';
import type { LoadSize } from '../support/load.ts';
import { expectVerified } from '../support/read-fault-run.ts';
import { replicasOf } from '../support/replicas.ts';
import { replicatedStage } from '../support/stage.ts';

/** Up to so many commands are told between one loss and the next. */
const QUIET_COMMANDS = 200;

/**
 * The leader of the replicated log is killed and comes back; then the one that took over. Whoever
 * asks again is told, the lost node catches up, and `jetbank verify` finds nothing.
 */
export async function killLeaders(random: SeededRandom, size: LoadSize): Promise<void> {
  const stage = await replicatedStage();
  const { bank } = stage;
  try {
    await bank.startQuery();
    await faultRun(
      stage,
      random,
      size,
      async (load, note) => {
        for (let kills = 0; kills < size.faults; kills += 1) {
          await load.progress(random.below(QUIET_COMMANDS));
          const { leader } = await replicasOf(bank, 'current');
          leader.node.kill('SIGKILL');
          await leader.node.exited;
          note(`killed node ${leader.index}, which led the stream`);
          await load.progress(size.clients + random.below(QUIET_COMMANDS));
          await leader.node.restart();
          note(`node ${leader.index} is back`);
        }
        await load.progress(size.clients);
      },
      async () => {
        await replicasOf(bank, 'current');
        await untilProjected(bank.db, (await bank.ledger()).lastSequence);
        await expectVerified(bank);
      },
    );
  } finally {
    await stage.stop();
  }
}
