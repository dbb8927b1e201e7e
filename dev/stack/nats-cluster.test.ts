import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from 'nats';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../../test/support/await.ts';
import { startTestNatsCluster } from '../../test/support/nats.ts';
import type { TestNatsCluster } from '../../test/support/nats.ts';

let cluster: TestNatsCluster;
beforeAll(async () => {
  cluster = await startTestNatsCluster();
});
afterAll(() => cluster.remove());

it(
  'is ready for replicated streams, also without the node that led',
  { timeout: 60_000 },
  async () => {
    const connection = await connect({ servers: [...cluster.urls] });
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: 'KEPT', subjects: ['kept'], num_replicas: 3 });
    await jetstream(connection).publish('kept', 'before');
    await connection.close();

    const leader = await metaLeader();
    const node = cluster.nodes[Number(leader.slice(1)) - 1]!;
    node.kill('SIGKILL');
    await node.exited;
    await cluster.ready();
    expect(await metaLeader()).not.toBe(leader);

    await node.restart();
    await cluster.ready();
    const again = await connect({ servers: node.url });
    const remaining = await jetstreamManager(again);
    // The stream elects a leader of its own, should the killed node have led it.
    await eventually(
      async () => expect((await remaining.streams.info('KEPT')).state.messages).toBe(1),
      { timeoutMs: 30_000 },
    );
    await again.close();
  },
);

/** `n1`, `n2` or `n3`, as the first node that answers sees it. */
async function metaLeader(): Promise<string> {
  for (const node of cluster.nodes) {
    const answer = await fetch(`${node.monitorUrl ?? ''}/jsz`).catch(() => undefined);
    if (answer === undefined) continue;
    const { meta_cluster } = (await answer.json()) as { meta_cluster: { leader: string } };
    return meta_cluster.leader;
  }
  throw new Error('no node answers');
}
