import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsServer } from '../../../dev/stack/nats.ts';
import { STREAM } from '../../../src/event-store/jetstream/names.ts';
import { eventually } from '../../support/await.ts';
import type { Bank } from '../../support/bank.ts';
import type { TestNatsCluster } from '../../support/nats.ts';

/** A node and its place in the cluster's `nodes`. */
export interface Replica {
  readonly index: number;
  readonly node: NatsServer;
}

/** The replicas of the log; without a leader there is nothing to know of them. */
export interface Replicas {
  readonly leader: Replica;
  readonly followers: readonly Replica[];
  /** Whether every follower has what the leader has. */
  readonly current: boolean;
}

const ELECTED_MS = 30_000;

/** Waits until the log has a leader, and with `current` until its followers have caught up. */
export async function replicasOf(
  bank: Bank<TestNatsCluster>,
  wanted: 'led' | 'current' = 'led',
): Promise<Replicas> {
  const jsm = await jetstreamManager(bank.nc, { checkAPI: false });
  const seen = async (): Promise<Replicas | null> => {
    const { cluster } = await jsm.streams.info(STREAM);
    const { leader = '', replicas = [] } = cluster ?? {};
    if (leader === '') return null;
    const followers = replicas.map(({ name }) => replicaOf(bank, name));
    const current = replicas.every((replica) => replica.current && !replica.offline);
    if (wanted === 'current' && !current) return null;
    return { leader: replicaOf(bank, leader), followers, current };
  };
  return eventually(seen, { timeoutMs: ELECTED_MS, what: `replicas that are ${wanted}` });
}

/** Nodes are named n1, n2 and so on. */
function replicaOf({ nats }: Bank<TestNatsCluster>, name: string): Replica {
  const index = Number(name.slice(1)) - 1;
  const node = nats.nodes[index];
  if (node === undefined) throw new RangeError(`there is no node ${name}`);
  return { index, node };
}
