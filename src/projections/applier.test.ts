import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { opening } from '../../test/support/account-events.ts';
import { IntegrityError } from '../account/errors.ts';
import { memoryEventStore } from '../event-store/memory-event-store.ts';
import { accountProjection } from './account-projection.ts';
import type { AccountDocument } from './accounts.ts';
import { createApplier } from './applier.ts';
import { wholeOf } from './build.ts';
import type { CheckpointStore } from './checkpoint.ts';
import type { ParkedAccount } from './parked.ts';
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

test('an account is parked for the batches that come before MongoDB has heard of it', async () => {
  const events = memoryEventStore();
  const accountId = randomUUID();
  const first = opening(accountId);
  const tried: ParkedAccount[] = [];
  const written: AccountDocument[] = [];
  const hearing = Promise.withResolvers<undefined>();
  const store: ReadModelStore<AccountDocument> = {
    open: () => Promise.resolve(),
    documents: () => Promise.resolve([]),
    writeLines: () => Promise.resolve(),
    writeDocuments: (documents) => Promise.resolve(void written.push(...documents)),
    parked: {
      among: () => Promise.resolve(new Set()),
      park: async (accounts) => {
        tried.push(...accounts);
        await hearing.promise;
      },
      count: () => Promise.resolve(0),
      list: () => Promise.resolve([]),
      beginRetry: () => Promise.resolve(),
      release: () => Promise.resolve(),
      failRetry: () => Promise.resolve(),
    },
  };
  const applier = createApplier(
    {
      projection: accountProjection,
      group: GROUP,
      store,
      checkpoints: CHECKPOINTS,
      events,
      position: projectionPosition(),
      observer: OBSERVER,
      signal: new AbortController().signal,
    },
    0,
    ignored,
  );

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
