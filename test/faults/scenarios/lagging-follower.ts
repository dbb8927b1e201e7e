import { setTimeout as sleep } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamManager } from '@nats-io/jetstream';
import { connect } from 'nats';
import { expect } from 'vitest';
import { STREAM } from '../../../src/event-store/jetstream/names.ts';
import { subjectOf } from '../../../src/event-store/subjects.ts';
import { metric } from '../../support/metrics.ts';
import type { SeededRandom } from '../../support/random.ts';
import type { Services } from '../support/commands.ts';
import { faultRun } from '../support/fault-run.ts';
import { creation, movement } from '../support/load.ts';
import type { Load, LoadSize } from '../support/load.ts';
import { replicasOf } from '../support/replicas.ts';
import { replicatedStage } from '../support/stage.ts';

/** Shorter than a direct get waits for its answer. */
const SHORTEST_STOP_MS = 100;
const LONGEST_STOP_MS = 400;
const STOPS = 6;
/** Accounts that the log gets, and reads that wait for the follower, while it stands still. */
const NEWCOMERS = 10;
const READS = 30;
const READ_TIMEOUT_MS = 2_000;
/** Of one command, on average and at most: a livelock tries some hundred times in its 5 seconds. */
const VAIN_APPENDS = 2;
const REQUESTS = 10;

/**
 * A follower stands still again and again. The direct gets that wait for it, those of services among
 * them, are answered as soon as it goes on, while it lacks what was written meanwhile.
 * Commands go on, and are not tried again for ever.
 */
export async function lagFollower(random: SeededRandom, size: LoadSize): Promise<void> {
  const stage = await replicatedStage('a node each');
  try {
    const { bank, services } = stage;
    let staleReads = 0;
    const { told } = await faultRun(stage, random, size, async (load, note) => {
      for (let times = 0; times < size.faults; times += 1) {
        const { followers } = await replicasOf(bank);
        // A node with a service on it, so that both wait.
        const served = followers.filter(({ index: at }) => at < services.length);
        const { node, index } = random.pick(served);
        const [behind, ahead] = [[services[index]!], [services[1 - index]!]];
        const reader = await connect({ servers: node.url });
        const jsm = await jetstreamManager(reader, { checkAPI: false, timeout: READ_TIMEOUT_MS });
        for (let stops = 0; stops < STOPS; stops += 1) {
          node.kill('SIGSTOP');
          const asked = openThenPayIn(load, random, { ahead, behind });
          await sleep(SHORTEST_STOP_MS);
          const reading = countStale(jsm, load);
          await sleep(random.below(LONGEST_STOP_MS - SHORTEST_STOP_MS));
          node.kill('SIGCONT');
          staleReads += await reading;
          await asked;
        }
        await reader.close();
        note(`node ${index} lagged; ${staleReads} reads were stale so far`);
        await load.progress(size.clients);
      }
    });
    expect(staleReads, 'no read was stale').toBeGreaterThan(0);
    const vain = (await appendsOf(services)) - (await appendsOf(services, { outcome: 'stored' }));
    const mostRequests = Math.max(...told.map(({ story }) => story.length));
    console.log(`${staleReads} stale reads, ${vain} appends in vain, ${mostRequests} requests`);
    expect(vain).toBeLessThan(told.length * VAIN_APPENDS);
    expect(mostRequests).toBeLessThan(REQUESTS);
  } finally {
    for (const node of stage.bank.nats.nodes) node.kill('SIGCONT');
    await stage.stop();
  }
}

/**
 * Opens accounts at one service and then pays into them at the other, which has not heard of them and
 * asks a follower that may not have either.
 */
async function openThenPayIn(
  load: Load,
  random: SeededRandom,
  { ahead, behind }: { readonly ahead: Services; readonly behind: Services },
): Promise<void> {
  const newcomers = Array.from({ length: NEWCOMERS }, async () => {
    const draws = random.fork();
    const { accountId } = (await load.ask(creation(draws), draws, ahead)).answer.account;
    await load.ask(movement(draws, [accountId]), draws, behind);
  });
  await Promise.all(newcomers);
}

/** How many direct gets of accounts do not see what a client has been told of them. */
async function countStale(jsm: JetStreamManager, { told }: Load): Promise<number> {
  const done = told.filter(({ answer }) => answer.status < 300).slice(-READS);
  const reads = done.map(async ({ answer }) => {
    const { accountId, sequence } = answer.account;
    const query = { last_by_subj: subjectOf(accountId) };
    const found = await jsm.direct.getMessage(STREAM, query).catch(() => undefined);
    return found !== undefined && (found?.seq ?? 0) < sequence;
  });
  return (await Promise.all(reads)).filter((isStale) => isStale).length;
}

async function appendsOf(services: Services, labels = {}): Promise<number> {
  const counts = services.map(({ url }) => metric(url, 'jetbank_appends_total', labels));
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}
