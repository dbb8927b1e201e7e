import { MongoBulkWriteError } from 'mongodb';
import type { Collection, Db } from 'mongodb';
import { collectionName } from './build.ts';
import type { Build } from './build.ts';
import { parkedCollection, parkedStore } from './parked.ts';
import type { ParkedStore } from './parked.ts';
import type { ProjectedDocument, ProjectedLine, Projection } from './projection.ts';
import { SAFE } from './write-concern.ts';

/**
 * The collections of one build, with every write guarded so that repeating it, or doing it twice at
 * once, changes nothing.
 */
export interface ReadModelStore<D extends ProjectedDocument> {
  /** Makes the indexes where they are missing. */
  open(): Promise<void>;
  documents(accountIds: readonly string[]): Promise<D[]>;
  /** To be written before the documents: a document never shows what its statement lacks. */
  writeLines(lines: readonly ProjectedLine[]): Promise<void>;
  /** `created` are the accounts that had no document yet: theirs cost far less. */
  writeDocuments(documents: readonly D[], created?: ReadonlySet<string>): Promise<void>;
  readonly parked: ParkedStore;
}

const DUPLICATE_KEY = 11_000;
const NONE: ReadonlySet<string> = new Set();

export function readModelStore<D extends ProjectedDocument>(
  db: Db,
  projection: Projection<D>,
  build: Build,
): ReadModelStore<D> {
  const documents = db.collection<ProjectedDocument>(
    collectionName(projection.documents.name, build),
  );
  const lines = db.collection<ProjectedLine>(collectionName(projection.lines.name, build));

  return {
    async open() {
      await documents.createIndexes([...projection.documents.indexes]);
      await lines.createIndexes([...projection.lines.indexes]);
    },

    async documents(accountIds) {
      const found = await documents.find({ _id: { $in: [...accountIds] } }).toArray();
      // What `apply` made is what stands here; only the driver does not know the type.
      return found as unknown as D[];
    },

    writeLines: (added) => insertNew(lines, added),
    async writeDocuments(changed, created = NONE) {
      const isNew = ({ _id }: D) => created.has(_id);
      await insertOrReplace(documents, changed.filter(isNew));
      await replaceOlder(
        documents,
        changed.filter((document) => !isNew(document)),
      );
    },
    parked: parkedStore(parkedCollection(db, projection.name, build)),
  };
}

/** A line that stands already is the same line. */
async function insertNew(
  collection: Collection<ProjectedLine>,
  lines: readonly ProjectedLine[],
): Promise<void> {
  if (lines.length === 0) return;
  await duplicatesOf(() => collection.insertMany(lines, { ordered: false, ...SAFE }));
}

/**
 * Documents that ought to be missing are inserted, without looking for an older one each: that takes
 * MongoDB half as long. Where one stands all the same, another worker was here, and the guard decides.
 */
async function insertOrReplace(
  collection: Collection<ProjectedDocument>,
  documents: readonly ProjectedDocument[],
): Promise<void> {
  if (documents.length === 0) return;
  const standing = await duplicatesOf(() =>
    collection.insertMany(documents, { ordered: false, ...SAFE }),
  );
  await replaceOlder(
    collection,
    documents.filter((_, index) => standing.has(index)),
  );
}

/**
 * Replaces each document that is older, inserts each that is missing. Where a newer one stands, the
 * filter finds nothing and the insert meets its key: what another worker wrote stays.
 */
async function replaceOlder(
  collection: Collection<ProjectedDocument>,
  documents: readonly ProjectedDocument[],
): Promise<void> {
  if (documents.length === 0) return;
  const operations = documents.map((replacement) => ({
    replaceOne: {
      filter: { _id: replacement._id, version: { $lt: replacement.version } },
      replacement,
      upsert: true,
    },
  }));
  await duplicatesOf(() => collection.bulkWrite(operations, { ordered: false, ...SAFE }));
}

/** Which of the writes, by their index, met a key that stands. @throws what else may be wrong. */
async function duplicatesOf(write: () => Promise<unknown>): Promise<ReadonlySet<number>> {
  try {
    await write();
    return new Set();
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError)) throw error;
    const failures = [error.writeErrors].flat();
    // None at all: MongoDB did not answer, and nothing is known to be written.
    const onlyDuplicates =
      failures.length > 0 && failures.every(({ code }) => code === DUPLICATE_KEY);
    if (!onlyDuplicates || error.result.getWriteConcernError() !== undefined) throw error;
    return new Set(failures.map(({ index }) => index));
  }
}
