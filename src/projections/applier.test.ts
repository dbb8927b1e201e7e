import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { opening, writeOf } from '../../test/support/account-events.ts';
import { IntegrityError } from '../account/errors.ts';
import type { EventReader } from '../event-store/event-store.ts';
import { memoryEventStore } from '../event-store/memory-event-store.ts';
import { accountProjection } from './account-projection.ts';
import type { AccountDocument } from './accounts.ts';
import { createApplier, MAX_BATCH } from './applier.ts';
import { wholeOf } from './build.ts';
import type { CheckpointStore } from './checkpoint.ts';
import type { ParkedAccount, ParkedStore } from './parked.ts';
import { projectionPosition } from './position.ts';
import type { ReadModelStore } from './read-model-store.ts';

const GROUP = wholeOf({ projection: 'accounts', number: 1, shape: 1, groups: 1 });
const ignored = () => undefined;
const OBSERVER = {
  started: ignored,
  healing: ignored,
  wrote: ignored,
  pending: ignored,
  parked: ignored,
  failed: ignored,
};
const CHECKPOINTS: CheckpointStore = {
  open: () => Promise.resolve({ sequence: 0, at: undefined }),
  read: () => Promise.resolve({ sequence: 0, at: undefined }),
  move: () => Promise.resolve(true),
};

const OPTIONS = {
  ...{ projection: accountProjection, group: GROUP, checkpoints: CHECKPOINTS },
  ...{ position: projectionPosition(), observer: OBSERVER },
};

/** An empty one that does this. */
function storeThat({
  writeDocuments,
  park = () => Promise.resolve(),
}: Pick<ReadModelStore<AccountDocument>, 'writeDocuments'> &
  Partial<Pick<ParkedStore, 'park'>>): ReadModelStore<AccountDocument> {
  return {
    open: () => Promise.resolve(),
    documents: () => Promise.resolve([]),
    writeLines: () => Promise.resolve(),
    writeDocuments,
    parked: {
      among: () => Promise.resolve(new Set()),
      park,
      count: () => Promise.resolve(0),
      list: () => Promise.resolve([]),
      beginRetry: () => Promise.resolve(),
      release: () => Promise.resolve(),
      failRetry: () => Promise.resolve(),
    },
  };
}

test('an account is parked for the batches that come before MongoDB has heard of it', async () => {
  const events = memoryEventStore();
  const accountId = randomUUID();
  const first = opening(accountId);
  const tried: ParkedAccount[] = [];
  const written: AccountDocument[] = [];
  const hearing = Promise.withResolvers<undefined>();
  const store = storeThat({
    writeDocuments: (documents) => Promise.resolve(void written.push(...documents)),
    async park(accounts) {
      tried.push(...accounts);
      await hearing.promise;
    },
  });
  const { signal } = new AbortController();
  const applier = createApplier({ ...OPTIONS, store, events, signal }, 0, ignored);

  const broken = { accountId, sequence: 1, error: new IntegrityError('not to be read') };
  await applier.apply([{ entry: broken, follows: true }], 0, ignored);
  // As if the broken event had no version of its own: this one would fit.
  const next = { accountId, sequence: 2, event: first };
  await applier.apply([{ entry: next, follows: true }], 0, ignored);
  hearing.resolve(undefined);
  await applier.written();
  expect(tried).toEqual([{ accountId, sequence: 1, error: 'not to be read' }]);
  expect(written).toEqual([]);
});

test('a catch-up that is stopped has ended only once nothing is on its way to MongoDB', async () => {
  const log = memoryEventStore();
  const ids = Array.from({ length: MAX_BATCH + 1 }, () => randomUUID());
  for (const id of ids) await log.append([writeOf(id, 0, opening(id))]);
  const abort = new AbortController();
  const { signal } = abort;
  const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
  const writing = Promise.withResolvers<undefined>();
  const events: EventReader = {
    ...log,
    async *entries(...stretch) {
      for await (const entry of log.entries(...stretch)) {
        if (entry.sequence > MAX_BATCH) await aborted;
        yield entry;
      }
    },
  };
  let written = 0;
  const store = storeThat({
    async writeDocuments(documents) {
      abort.abort(new Error('stopped'));
      await writing.promise;
      written += documents.length;
    },
  });
  const applier = createApplier({ ...OPTIONS, store, events, signal }, 0, ignored);
  const ended = applier.catchUp(ids.length).then(
    () => -1,
    () => written,
  );
  await aborted;
  await new Promise(setImmediate);
  writing.resolve(undefined);
  expect(await ended).toBe(MAX_BATCH);
});
