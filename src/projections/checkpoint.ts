import type { Db } from 'mongodb';
import { SAFE } from './write-concern.ts';

/** How far a group of a build has come: kept in MongoDB with the data it speaks of. */
export interface Checkpoint {
  /** Stream sequence: every event of the group up to it is in the read models, or parked. */
  readonly sequence: number;
  /** When the last one of them happened; undefined before the first. */
  readonly at: Date | undefined;
}

export interface CheckpointStore {
  /** The checkpoint, made at 0 where it is missing. */
  open(): Promise<Checkpoint>;
  /** Undefined when the read model was deleted, checkpoint and all. */
  read(): Promise<Checkpoint | undefined>;
  /**
   * Moves the checkpoint from where the caller knows it, or from further on, to `to`; false when it
   * stands before that or is gone: the read model was deleted or restored meanwhile.
   */
  move(from: number, to: Checkpoint): Promise<boolean>;
}

interface Stored {
  readonly _id: string;
  readonly sequence: bigint;
  readonly at?: Date;
}

export const CHECKPOINTS = 'checkpoints';

/** `id` is the group's: {@link Group.id}. */
export function checkpointStore(db: Db, id: string): CheckpointStore {
  const collection = db.collection<Stored>(CHECKPOINTS);
  const found = (stored: Stored): Checkpoint => ({
    sequence: Number(stored.sequence),
    at: stored.at,
  });
  return {
    async open() {
      const stored = await collection.findOneAndUpdate(
        { _id: id },
        { $setOnInsert: { sequence: 0n } },
        { upsert: true, returnDocument: 'after', ...SAFE },
      );
      return stored === null ? { sequence: 0, at: undefined } : found(stored);
    },

    async read() {
      const stored = await collection.findOne({ _id: id });
      return stored === null ? undefined : found(stored);
    },

    async move(from, { sequence, at }) {
      const filter = { _id: id, sequence: { $gte: BigInt(from) } };
      const to = BigInt(sequence);
      // The time is that of the event there: one that is dated in the future must not keep its own.
      const further = { $cond: [{ $gt: [to, '$sequence'] }, at, '$at'] };
      const set = { sequence: { $max: ['$sequence', to] }, ...(at && { at: further }) };
      const { matchedCount } = await collection.updateOne(filter, [{ $set: set }], SAFE);
      return matchedCount === 1;
    },
  };
}

/** Several groups' checkpoints moved as one, for who reads the log for all of them. */
export function joinedCheckpoints(stores: readonly CheckpointStore[]): CheckpointStore {
  return {
    open: async () => least(await Promise.all(stores.map((store) => store.open()))),
    async read() {
      const found = await Promise.all(stores.map((store) => store.read()));
      const present = found.filter((checkpoint) => checkpoint !== undefined);
      return present.length === stores.length ? least(present) : undefined;
    },
    async move(from, to) {
      const moved = await Promise.all(stores.map((store) => store.move(from, to)));
      return moved.every(Boolean);
    },
  };
}

function least(checkpoints: readonly Checkpoint[]): Checkpoint {
  const [first, ...rest] = checkpoints;
  if (first === undefined) throw new RangeError('there is at least one group');
  return rest.reduce((low, one) => (one.sequence < low.sequence ? one : low), first);
}
