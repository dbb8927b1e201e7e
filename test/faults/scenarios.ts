import type { SeededRandom } from '../support/random.ts';
import { busyBank } from './scenarios/busy-bank.ts';
import { crash } from './scenarios/crashes.ts';
import { forgetWindow } from './scenarios/forgotten-window.ts';
import { lagFollower } from './scenarios/lagging-follower.ts';
import { cutBeforeAck, killBeforeReply } from './scenarios/lost-acknowledgements.ts';
import { oneKeyAtOnce } from './scenarios/one-key.ts';
import { killLeaders } from './scenarios/stream-leaders.ts';
import { suspendService } from './scenarios/suspended-service.ts';
import type { LoadSize } from './support/load.ts';

export interface Scenario {
  readonly what: string;
  readonly run: (random: SeededRandom, size: LoadSize) => Promise<void>;
  readonly size: LoadSize;
  /** Where one run takes minutes: it gets no more workloads than these. Default SEEDS. */
  readonly mostRuns?: number;
}

/** A scenario that is also run small, in a few seconds, with all other tests. */
export interface QuickScenario extends Scenario {
  readonly small: LoadSize;
}

const FULL = { clients: 16, accounts: 8 };
const SMALL = { clients: 8, accounts: 3 };

export const QUICK: readonly QuickScenario[] = [
  {
    what: 'a service is killed between an append and its answer',
    run: killBeforeReply,
    size: { ...FULL, faults: 3 },
    small: { ...SMALL, faults: 1 },
  },
  {
    what: 'the connection breaks between an append and its acknowledgement, again and again',
    run: cutBeforeAck,
    size: { ...FULL, faults: 8 },
    small: { ...SMALL, faults: 2 },
  },
  {
    what: 'a service stands still with an append on the wire while another takes its accounts over',
    run: suspendService,
    size: { ...FULL, faults: 4 },
    small: { ...SMALL, faults: 1 },
  },
  {
    what: '200 requests at once with one key, and one with another body',
    run: oneKeyAtOnce,
    size: { ...FULL, faults: 4 },
    small: { ...SMALL, faults: 2 },
  },
  {
    what: 'commands come again after the duplicate window and a restart',
    run: forgetWindow,
    size: { ...FULL, accounts: 3, faults: 1 },
    small: { ...SMALL, accounts: 1, faults: 1 },
  },
  {
    what: 'transfers, holds and withdrawals, while services are killed',
    run: busyBank,
    size: { clients: 64, accounts: 50, faults: 4, errands: 20_000 },
    small: { clients: 16, accounts: 10, faults: 1, errands: 1_000 },
  },
];

export const CRASHES: Scenario = {
  what: 'services and nats-server are killed',
  run: crash,
  size: { ...FULL, faults: 4 },
};

export const REPLICATED: readonly Scenario[] = [
  {
    what: 'the leader of the replicated stream is killed, then the next one',
    run: killLeaders,
    size: { ...FULL, faults: 2 },
  },
  {
    what: 'a follower of the replicated stream lags',
    run: lagFollower,
    size: { ...FULL, faults: 3, creations: 3 },
  },
];
