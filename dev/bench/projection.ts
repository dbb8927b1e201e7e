import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { Db } from 'mongodb';
import type { NatsConnection } from 'nats';
import { jetStreamStores } from '../../src/event-store/jetstream/jetstream-event-store.ts';
import { accountProjection } from '../../src/projections/account-projection.ts';
import type { AccountDocument } from '../../src/projections/accounts.ts';
import { projectionPosition } from '../../src/projections/position.ts';
import type { ProjectedLine } from '../../src/projections/projection.ts';
import { runProjector } from '../../src/projections/projector.ts';
import { readModelStore } from '../../src/projections/read-model-store.ts';

const TIMEOUT_MS = 60_000;

/** Events a second from an empty read model to the end of the log. */
export async function catchUpRate(nc: NatsConnection, db: Db, events: number): Promise<number> {
  const stop = new AbortController();
  const position = projectionPosition();
  const stores = await jetStreamStores(nc, { timeoutMs: 5_000 });
  const failures: unknown[] = [];
  const begin = performance.now();
  const projector = runProjector({
    projection: accountProjection,
    store: readModelStore(db, accountProjection),
    js: jetstream(nc),
    jsm: await jetstreamManager(nc),
    events: stores.events,
    position,
    provision: true,
    signal: stop.signal,
    observer: {
      started: () => undefined,
      healing: () => undefined,
      wrote: () => undefined,
      failed: (error) => void failures.push(error),
    },
  });
  const reached = await position.waitFor(events, TIMEOUT_MS);
  const seconds = (performance.now() - begin) / 1000;
  stop.abort();
  await projector;
  if (!reached) throw new Error(`no catch-up in ${TIMEOUT_MS} ms: ${failures.map(String).join()}`);
  return events / seconds;
}

const BATCH = 1_000;

/**
 * Events a second if nothing but the raw driver wrote what the projection leaves behind: the same
 * lines by insertMany and the same documents by replaceOne, in batches of the same size.
 */
export async function rawWriteRate(from: Db, to: Db, events: number): Promise<number> {
  const { documents, lines } = accountProjection;
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
