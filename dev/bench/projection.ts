import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { Db } from 'mongodb';
import type { NatsConnection } from 'nats';
import { jetStreamStores } from '../../src/event-store/jetstream/jetstream-event-store.ts';
import { accountProjection } from '../../src/projections/account-projection.ts';
import { MAX_BATCH } from '../../src/projections/applier.ts';
import { collectionName } from '../../src/projections/build.ts';
import type { AccountDocument } from '../../src/projections/accounts.ts';
import type { CollectionSpec, ProjectedLine } from '../../src/projections/projection.ts';
import { createProjector } from '../../src/projections/projector.ts';
import { untilVisible } from '../../src/projections/visibility.ts';

const TIMEOUT_MS = 60_000;
export const FIRST_BUILD = {
  projection: 'accounts',
  number: 1,
  shape: accountProjection.version,
  groups: 1,
};

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
    FIRST_BUILD,
  );
  projector.resume();
  const reached = await untilVisible(projector, stores.events, events, TIMEOUT_MS);
  const seconds = (performance.now() - begin) / 1000;
  await projector.stop();
  if (!reached) throw new Error(`no catch-up in ${TIMEOUT_MS} ms: ${failures.map(String).join()}`);
  return events / seconds;
}

/**
 * Events a second if nothing but the raw driver wrote what the projection leaves behind, into a
 * database with the same indexes: the lines of {@link MAX_BATCH} events by insertMany, then the
 * documents of their accounts by replaceOne, each acknowledged by the majority before the next.
 * `build` is the one in `from` whose lines and documents they are.
 */
export async function rawWriteRate(
  from: Db,
  to: Db,
  events: number,
  build = FIRST_BUILD,
): Promise<number> {
  const [documents, lines] = [accountProjection.documents, accountProjection.lines].map(
    ({ name, indexes }) => ({ name: collectionName(name, build), indexes }),
  ) as [CollectionSpec, CollectionSpec];
  const allDocuments = await from.collection<AccountDocument>(documents.name).find().toArray();
  const allLines = await from.collection<ProjectedLine>(lines.name).find().toArray();
  const target = to.collection<AccountDocument>(documents.name);
  const options = { ordered: false, writeConcern: { w: 'majority' } } as const;
  const begin = performance.now();
  for (const { name, indexes } of [documents, lines]) {
    await to.collection(name).createIndexes([...indexes]);
  }
  for (let done = 0; done < events; done += MAX_BATCH) {
    const added = shareOf(allLines, done, events);
    if (added.length > 0) await to.collection<ProjectedLine>(lines.name).insertMany(added, options);
    const operations = shareOf(allDocuments, done, events).map((replacement) => ({
      replaceOne: { filter: { _id: replacement._id }, replacement, upsert: true },
    }));
    if (operations.length > 0) await target.bulkWrite(operations, options);
  }
  return (events / (performance.now() - begin)) * 1000;
}

/** The part of all that falls to the batch that begins after `done` of so many events. */
function shareOf<T>(all: readonly T[], done: number, events: number): T[] {
  const upTo = (count: number) => Math.round((all.length * Math.min(count, events)) / events);
  return all.slice(upTo(done), upTo(done + MAX_BATCH));
}
