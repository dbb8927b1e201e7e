import { startNatsCluster } from '../../dev/stack/nats-cluster.ts';
import type { NatsCluster } from '../../dev/stack/nats-cluster.ts';
import { startNats } from '../../dev/stack/nats.ts';
import type { NatsOptions, NatsServer } from '../../dev/stack/nats.ts';
import { tempFolder } from './temp-folder.ts';

export type TestNats = NatsServer & {
  /** Stops the server and removes its data; call it in `afterAll`. */
  remove(): Promise<void>;
};

/**
 * A nats-server of its own with an empty store on a free port; one for each test file is the
 * pattern, as starting one takes some 20 milliseconds.
 */
export async function startTestNats(options: Omit<NatsOptions, 'dataDir'> = {}): Promise<TestNats> {
  const folder = await tempFolder('nats');
  try {
    const server = await startNats({ ...options, dataDir: folder.path });
    const remove = async () => {
      await server.stop();
      await folder.remove();
    };
    return Object.assign(server, { remove });
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

export type TestNatsCluster = NatsCluster & {
  /** Stops all nodes and removes their data; call it in `afterAll`. */
  remove(): Promise<void>;
};

/** Three nats-servers in a JetStream cluster with an empty store on free ports. */
export async function startTestNatsCluster(
  options: { readonly nodes?: number; readonly config?: string } = {},
): Promise<TestNatsCluster> {
  const folder = await tempFolder('nats-cluster');
  try {
    const cluster = await startNatsCluster({ nodes: 3, ...options, dataDir: folder.path });
    const remove = async () => {
      await cluster.stop();
      await folder.remove();
    };
    return Object.assign(cluster, { remove });
  } catch (error) {
    await folder.remove();
    throw error;
  }
}
