import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { depositAfter, opening } from '../../test/support/account-events.ts';
import type { AccountEvent } from '../account/events.ts';
import { memoryEventStore } from '../event-store/memory-event-store.ts';
import { accountProjection } from './account-projection.ts';
import type { AccountDocument } from './accounts.ts';
import { createApplier, MAX_BATCH } from './applier.ts';
import { groupsOf, wholeOf } from './build.ts';
import type { Group } from './build.ts';
import type { CheckpointStore } from './checkpoint.ts';
import { projectionPosition } from './position.ts';
import type { ReadModelStore } from './read-model-store.ts';

const BUILD = { projection: 'accounts', number: 1, shape: 2, groups: 32 };
const ignored = () => undefined;
const OBSERVER = {
  ...{ started: ignored, healing: ignored, wrote: ignored },
  ...{ pending: ignored, parked: ignored, failed: ignored },
};
const CHECKPOINTS: CheckpointStore = {
  open: () => Promise.resolve({ sequence: 0, at: undefined }),
  read: () => Promise.resolve({ sequence: 0, at: undefined }),
  move: () => Promise.resolve(true),
};

/** An applier over what `stored` holds, which counts the documents read from it. */
function applierOf(
  group: Group,
  stored: Map<string, AccountDocument>,
  beforeWriting: () => Promise<undefined> = () => Promise.resolve(undefined),
) {
  const read = { documents: 0 };
  const store: ReadModelStore<AccountDocument> = {
    open: () => Promise.resolve(),
    documents(ids) {
      read.documents += ids.length;
      return Promise.resolve(ids.flatMap((id) => stored.get(id) ?? []));
    },
    writeLines: () => Promise.resolve(),
    async writeDocuments(documents) {
      await beforeWriting();
      for (const document of documents) stored.set(document._id, document);
    },
    parked: {
      among: () => Promise.resolve(new Set()),
      park: () => Promise.resolve(),
      count: () => Promise.resolve(0),
      list: () => Promise.resolve([]),
      beginRetry: () => Promise.resolve(),
      release: () => Promise.resolve(),
      failRetry: () => Promise.resolve(),
    },
  };
  const events = {
    ...memoryEventStore(),
    tail(): never {
      throw new Error('an account was read from the log again');
    },
  };
  const options = {
    ...{ projection: accountProjection, group, store, checkpoints: CHECKPOINTS, events },
    ...{ position: projectionPosition(), observer: OBSERVER },
    signal: new AbortController().signal,
  };
  return { read, applier: createApplier(options, 0, ignored) };
}

let sequence = 0;
const deliveryOf = (event: AccountEvent) => {
  sequence += 1;
  return { entry: { accountId: event.accountId, sequence, event }, follows: true };
};

const openings = (count: number) => Array.from({ length: count }, () => opening(randomUUID()));

test('a batch of more accounts than are kept in memory is folded from what MongoDB has', async () => {
  const stored = new Map<string, AccountDocument>();
  const opened = openings(MAX_BATCH);
  const group = groupsOf(BUILD)[0]!;
  const before = applierOf(group, stored).applier;
  await before.apply(opened.map(deliveryOf), 0, ignored);
  await before.written();

  const { applier } = applierOf(group, stored);
  await applier.apply(
    opened.map((event) => deliveryOf(depositAfter(event))),
    0,
    ignored,
  );
  await applier.written();
  expect([...stored.values()].every(({ version }) => version === 2)).toBe(true);
});

test('a document on its way to MongoDB is known although there is no room to keep it', async () => {
  const stored = new Map<string, AccountDocument>();
  const writing = Promise.withResolvers<undefined>();
  const { applier } = applierOf(groupsOf(BUILD)[0]!, stored, () => writing.promise);
  const opened = openings(MAX_BATCH);
  await applier.apply(opened.map(deliveryOf), 0, ignored);
  await applier.apply(
    opened.map((event) => deliveryOf(depositAfter(event))),
    0,
    ignored,
  );
  writing.resolve(undefined);
  await applier.written();
  expect([...stored.values()].every(({ version }) => version === 2)).toBe(true);
});

test('who works on all groups of a build keeps the documents of all of them', async () => {
  const { applier, read } = applierOf(wholeOf(BUILD), new Map());
  const opened = openings(MAX_BATCH);
  await applier.apply(opened.map(deliveryOf), 0, ignored);
  await applier.written();
  await applier.apply(
    opened.map((event) => deliveryOf(depositAfter(event))),
    0,
    ignored,
  );
  await applier.written();
  expect(read.documents).toBe(0);
});
