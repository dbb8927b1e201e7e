import type { SeededRandom } from '../../support/random.ts';
import { faultRun } from '../support/fault-run.ts';
import type { LoadSize } from '../support/load.ts';
import { replicasOf } from '../support/replicas.ts';
import { replicatedStage } from '../support/stage.ts';

/** Up to so many commands are told between one loss and the next. */
const QUIET_COMMANDS = 200;

/** The leader of the replicated log is killed and comes back; then the one that took over. */
export async function killLeaders(random: SeededRandom, size: LoadSize): Promise<void> {
  const stage = await replicatedStage();
  try {
    await faultRun(stage, random, size, async (load, note) => {
      for (let kills = 0; kills < size.faults; kills += 1) {
        await load.progress(random.below(QUIET_COMMANDS));
        const { leader } = await replicasOf(stage.bank, 'current');
        leader.node.kill('SIGKILL');
        await leader.node.exited;
        note(`killed node ${leader.index}, which led the stream`);
        await load.progress(size.clients + random.below(QUIET_COMMANDS));
        await leader.node.restart();
        note(`node ${leader.index} is back`);
      }
      await load.progress(size.clients);
    });
  } finally {
    await stage.stop();
  }
}
