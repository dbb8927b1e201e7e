import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { Db } from 'mongodb';
import type { NatsConnection } from 'nats';
import { jetStreamStores } from '../../src/event-store/jetstream/jetstream-event-store.ts';
import { accountProjection } from '../../src/projections/account-projection.ts';
import { collectionName } from '../../src/projections/build.ts';
import type { AccountDocument } from '../../src/projections/accounts.ts';
import type { CollectionSpec, ProjectedLine } from '../../src/projections/projection.ts';
import { createProjector } from '../../src/projections/projector.ts';
import { untilVisible } from '../../src/projections/visibility.ts';

const TIMEOUT_MS = 60_000;
const BUILD = { projection: 'accounts', number: 1, shape: accountProjection.version, groups: 1 };

/** Events a second from an empty read model to the end of the log. */
export async function catchUpRate(nc: NatsConnection, db: Db, events: number): Promise<number> {
  const stores = await jetStreamStores(nc, { timeoutMs: 5_000 });
  const failures: unknown[] = [];
  const ignored = () => undefined;
  const begin = performance.now();
  const projector = createProjector(
    {
      projection: accountProjection,
      db,
      nc,
      js: jetstream(nc),
      jsm: await jetstreamManager(nc),
      events: stores.events,
      provision: true,
      observer: () => ({
        started: ignored,
        healing: ignored,
        wrote: ignored,
        pending: ignored,
        parked: (accounts) => void failures.push(...accounts),
        failed: (error) => void failures.push(error),
      }),
    },
    BUILD,
  );
  projector.resume();
  const reached = await untilVisible(projector, stores.events, events, TIMEOUT_MS);
  const seconds = (performance.now() - begin) / 1000;
  await projector.stop();
  if (!reached) throw new Error(`no catch-up in ${TIMEOUT_MS} ms: ${failures.map(String).join()}`);
  return events / seconds;
}

const BATCH = 1_000;

/**
 * Events a second if nothing but the raw driver wrote what the projection leaves behind: the same
 * lines by insertMany and the same documents by replaceOne, in batches of the same size.
 */
export async function rawWriteRate(from: Db, to: Db, events: number): Promise<number> {
  const [documents, lines] = [accountProjection.documents, accountProjection.lines].map(
    ({ name, indexes }) => ({ name: collectionName(name, BUILD), indexes }),
  ) as [CollectionSpec, CollectionSpec];
  const allDocuments = await from.collection<AccountDocument>(documents.name).find().toArray();
  const allLines = await from.collection<ProjectedLine>(lines.name).find().toArray();
  for (const { name, indexes } of [documents, lines]) {
    await to.collection(name).createIndexes([...indexes]);
  }
  const target = to.collection<AccountDocument>(documents.name);
  const options = { ordered: false, writeConcern: { w: 'majority' } } as const;
  const begin = performance.now();
  for (let start = 0; start < events; start += BATCH) {
    const added = allLines.slice(start, start + BATCH);
    if (added.length > 0) await to.collection<ProjectedLine>(lines.name).insertMany(added, options);
    const changed = allDocuments.slice(start, start + BATCH);
    if (changed.length === 0) continue;
    const operations = changed.map((replacement) => ({
      replaceOne: { filter: { _id: replacement._id }, replacement, upsert: true },
    }));
    await target.bulkWrite(operations, options);
  }
  return (events / (performance.now() - begin)) * 1000;
}
