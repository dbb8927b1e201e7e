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
 * Removes a build that nobody answers from: consumers, data and checkpoints go, and what names it goes
 * last, so that a removal that was broken off can be done again. Checkpoints go after the data: who
 * still works on the build and makes one anew then begins with the first event.
 * @throws Error when the build is live.
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
  const control = controlStore(db, projection.name);
  if (!(await control.beginRemoval(build.number))) throw new Error(`build ${build.number} is live`);
  const groups = groupsOf(build);
  for (const group of groups) {
    if ((await findGroupConsumer(jsm, group)) === undefined) continue;
    await jsm.consumers.delete(STREAM, group.id);
  }
  await parkedCollection(db, projection.name, build).drop();
  for (const { name } of [projection.documents, projection.lines]) {
    await db.collection(collectionName(name, build)).drop();
  }
  const ids = groups.map(({ id }) => id);
  await db.collection<{ _id: string }>(CHECKPOINTS).deleteMany({ _id: { $in: ids } });
  await control.removeBuild(build.number);
}
