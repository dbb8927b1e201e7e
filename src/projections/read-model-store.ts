import { MongoBulkWriteError } from 'mongodb';
import type { Collection, Db } from 'mongodb';
import type { ProjectedDocument, ProjectedLine, Projection } from './projection.ts';

/** How far a projection has come: kept in MongoDB with the data it speaks of. */
interface Checkpoint {
  readonly _id: string;
  /** Stream sequence: every event up to it is in the read models. */
  readonly sequence: bigint;
}

/**
 * A projection's collections, with every write guarded so that repeating it, or doing it twice at
 * once, changes nothing.
 */
export interface ReadModelStore<D extends ProjectedDocument> {
  /** Makes the indexes and the checkpoint where they are missing, and answers the checkpoint. */
  open(): Promise<number>;
  documents(accountIds: readonly string[]): Promise<D[]>;
  /** Lines first, then documents: a document never shows what its statement lacks. */
  write(documents: readonly D[], lines: readonly ProjectedLine[]): Promise<void>;
  /** How far the read model has come; undefined when it was deleted, checkpoint and all. */
  checkpoint(): Promise<number | undefined>;
  /**
   * Moves the checkpoint from where the caller knows it, or from further on, to `to`; false when it
   * stands before that or is gone: the read model was deleted or restored meanwhile.
   */
  moveCheckpoint(from: number, to: number): Promise<boolean>;
}

const CHECKPOINTS = 'checkpoints';
const DUPLICATE_KEY = 11_000;
/** Survives the loss of a minority of the replica set; on a standalone server it means journaled. */
const SAFE = { writeConcern: { w: 'majority' } } as const;

export function checkpointId(projection: Pick<Projection, 'name' | 'version'>): string {
  return `${projection.name}-v${projection.version}`;
}

export function readModelStore<D extends ProjectedDocument>(
  db: Db,
  projection: Projection<D>,
): ReadModelStore<D> {
  const documents = db.collection<ProjectedDocument>(projection.documents.name);
  const lines = db.collection<ProjectedLine>(projection.lines.name);
  const checkpoints = db.collection<Checkpoint>(CHECKPOINTS);
  const _id = checkpointId(projection);

  return {
    async open() {
      for (const spec of [projection.documents, projection.lines]) {
        await db.collection(spec.name).createIndexes([...spec.indexes]);
      }
      const checkpoint = await checkpoints.findOneAndUpdate(
        { _id },
        { $setOnInsert: { sequence: 0n } },
        { upsert: true, returnDocument: 'after', ...SAFE },
      );
      return Number(checkpoint?.sequence ?? 0);
    },

    async documents(accountIds) {
      const found = await documents.find({ _id: { $in: [...accountIds] } }).toArray();
      // What `apply` made is what stands here; only the driver does not know the type.
      return found as unknown as D[];
    },

    async write(changed, added) {
      await insertNew(lines, added);
      await replaceOlder(documents, changed);
    },

    async checkpoint() {
      const found = await checkpoints.findOne({ _id });
      return found === null ? undefined : Number(found.sequence);
    },

    async moveCheckpoint(from, to) {
      const filter = { _id, sequence: { $gte: BigInt(from) } };
      const update = { $max: { sequence: BigInt(to) } };
      const { matchedCount } = await checkpoints.updateOne(filter, update, SAFE);
      return matchedCount === 1;
    },
  };
}

/** A line that stands already is the same line. */
async function insertNew(
  collection: Collection<ProjectedLine>,
  lines: readonly ProjectedLine[],
): Promise<void> {
  if (lines.length === 0) return;
  await ignoringDuplicates(() => collection.insertMany(lines, { ordered: false, ...SAFE }));
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
  await ignoringDuplicates(() => collection.bulkWrite(operations, { ordered: false, ...SAFE }));
}

async function ignoringDuplicates(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError)) throw error;
    const failures = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
    // None at all: MongoDB did not answer, and nothing is known to be written.
    const onlyDuplicates =
      failures.length > 0 && failures.every(({ code }) => code === DUPLICATE_KEY);
    if (!onlyDuplicates || error.result.getWriteConcernError() !== undefined) throw error;
  }
}
