import type { JetStreamManager } from '@nats-io/jetstream';
import type { Db } from 'mongodb';
import { STREAM } from '../event-store/jetstream/names.ts';
import { collectionName, groupsOf } from './build.ts';
import type { Build } from './build.ts';
import { CHECKPOINTS } from './checkpoint.ts';
import { controlStore } from './control.ts';
import { findGroupConsumer } from './durable-consumer.ts';
import { parkedCollection } from './parked.ts';
import type { ProjectedDocument, Projection } from './projection.ts';

/**
 * Removes a build that nobody answers from: data, checkpoints and consumers go together, and what
 * names it goes last, so that a removal that was broken off can be done again.
 */
export async function removeBuild<D extends ProjectedDocument>(
  options: {
    readonly projection: Projection<D>;
    readonly db: Db;
    readonly jsm: JetStreamManager;
  },
  build: Build,
): Promise<void> {
  const { projection, db, jsm } = options;
  const groups = groupsOf(build);
  for (const group of groups) {
    if ((await findGroupConsumer(jsm, group)) === undefined) continue;
    await jsm.consumers.delete(STREAM, group.id);
  }
  const ids = groups.map(({ id }) => id);
  await db.collection<{ _id: string }>(CHECKPOINTS).deleteMany({ _id: { $in: ids } });
  await parkedCollection(db, projection.name, build).drop();
  for (const { name } of [projection.documents, projection.lines]) {
    await db.collection(collectionName(name, build)).drop();
  }
  await controlStore(db, projection.name).removeBuild(build.number);
}
