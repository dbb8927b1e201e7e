import { join } from 'node:path';
import { describeChoice } from '../binaries/choice.ts';
import type { BinaryChoice } from '../binaries/choice.ts';
import { findNatsServer } from '../binaries/nats-server.ts';
import { StackError } from '../stack-error.ts';
import { startNats } from './nats.ts';
import type { NatsOptions, NatsServer } from './nats.ts';
import { LOCALHOST, freePorts } from './ports.ts';
import { poll } from './wait.ts';

const CLUSTER_NAME = 'jetbank';
const READY_TIMEOUT_MS = 30_000;
const ASK_TIMEOUT_MS = 2_000;
const PORT_TRIES = 3;

export type NatsClusterOptions = Pick<NatsOptions, 'binary' | 'config' | 'dataDir' | 'report'> & {
  /** How many servers; 3 is the smallest that survives the loss of one. */
  readonly nodes: number;
};

export interface NatsCluster {
  /** `n1`, `n2` ... in order, each with data in `dataDir/n1` and so on. */
  readonly nodes: readonly NatsServer[];
  /** One url per node, for a client's `servers`. */
  readonly urls: readonly string[];
  /**
   * Resolves when the running nodes agree on a JetStream leader and have caught up with it. Each
   * stream has a leader of its own, which may take seconds longer after the loss of a node.
   */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a JetStream cluster on this machine, on free ports, and waits until it is `ready`. */
export async function startNatsCluster(options: NatsClusterOptions): Promise<NatsCluster> {
  const { report } = options;
  const binary =
    options.binary ?? (await findNatsServer(report === undefined ? {} : { progress: report }));
  report?.(describeChoice('nats-server', binary));
  const nodes = await startNodes(options, binary, PORT_TRIES);
  const cluster: NatsCluster = {
    nodes,
    urls: nodes.map((node) => node.url),
    ready: () => untilLed(nodes),
    stop: async () => {
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
  try {
    await cluster.ready();
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/** Every node must know every route port beforehand, so here a port may be lost to another process. */
async function startNodes(
  options: NatsClusterOptions,
  binary: BinaryChoice,
  tries: number,
): Promise<NatsServer[]> {
  const routePorts = await freePorts(options.nodes);
  const routes = routePorts.map((port) => `nats://${LOCALHOST}:${port}`);
  const { config } = options;
  const started = await Promise.allSettled(
    routes.map((route, index) => {
      const name = nameOf(index);
      const membership = ['--name', name, '--cluster_name', CLUSTER_NAME, '--cluster', route];
      return startNats({
        binary,
        ...(config === undefined ? {} : { config }),
        dataDir: join(options.dataDir, name),
        monitorPort: 0,
        extraArgs: [...membership, '--routes', routes.join(',')],
      });
    }),
  );
  const nodes = started.flatMap((node) => (node.status === 'fulfilled' ? [node.value] : []));
  const failed = started.find((node) => node.status === 'rejected');
  if (failed === undefined) return nodes;

  await Promise.all(nodes.map((node) => node.stop()));
  const error: unknown = failed.reason;
  const taken = error instanceof StackError && error.code === 'port_taken';
  if (taken && tries > 1) return startNodes(options, binary, tries - 1);
  throw error;
}

/** What one node tells of the JetStream leadership; only the leader lists its followers. */
interface MetaGroup {
  readonly leader?: string;
  readonly replicas?: readonly { readonly name: string; readonly current: boolean }[] | null;
}

async function untilLed(nodes: readonly NatsServer[]): Promise<void> {
  const led = await poll(async () => {
    const views = new Map<string, MetaGroup>();
    for (const [index, node] of nodes.entries()) {
      const view = await metaGroupOf(node);
      if (view !== undefined) views.set(nameOf(index), view);
    }
    return agree(views) ? true : undefined;
  }, READY_TIMEOUT_MS);
  if (led === undefined) {
    throw new StackError(
      'not_ready',
      `the NATS cluster agreed on no JetStream leader within ${READY_TIMEOUT_MS / 1000} s`,
    );
  }
}

/** All who answered name the same leader, it is one of them, and the rest have caught up with it. */
function agree(views: ReadonlyMap<string, MetaGroup>): boolean {
  const leaders = new Set([...views.values()].map((view) => view.leader));
  const [leader] = leaders;
  // A dead leader is named by its followers until they notice.
  const leading = leaders.size === 1 ? views.get(leader ?? '') : undefined;
  if (leading === undefined) return false;
  const current = (leading.replicas ?? []).filter((replica) => replica.current);
  return [...views.keys()].every(
    (name) => name === leader || current.some((replica) => replica.name === name),
  );
}

async function metaGroupOf(node: NatsServer): Promise<MetaGroup | undefined> {
  try {
    const answer = await fetch(`${node.monitorUrl ?? ''}/jsz`, {
      signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
    });
    const body = (await answer.json()) as { readonly meta_cluster?: MetaGroup };
    return body.meta_cluster;
  } catch {
    return undefined;
  }
}

function nameOf(index: number): string {
  return `n${index + 1}`;
}
