import type { Collection, Db } from 'mongodb';
import { collectionName } from './build.ts';
import type { Build } from './build.ts';
import { SAFE } from './write-concern.ts';

/** An account whose next event cannot be applied: it and all later ones wait until it can. */
export interface ParkedAccount {
  readonly accountId: string;
  /** Stream sequence of the event that cannot be applied. */
  readonly sequence: number;
  /** Why, in a sentence. */
  readonly error: string;
}

export interface ParkedRecord extends ParkedAccount {
  /** How often it was tried. */
  readonly attempts: number;
  readonly parkedAt: Date;
  readonly triedAt: Date;
}

/** The parked accounts of a build. They stand beside its data and go with it. */
export interface ParkedStore {
  /** Which of the accounts are parked. */
  among(accountIds: ReadonlySet<string>): Promise<ReadonlySet<string>>;
  /** An account that is parked already keeps its first sequence. */
  park(accounts: readonly ParkedAccount[], at: Date): Promise<void>;
  count(): Promise<number>;
  /** The first ones by stream sequence. */
  list(limit: number): Promise<ParkedRecord[]>;
  /**
   * From now on the account's events are applied again, as far as they go. To be called before the
   * account is read for a retry: what comes in meanwhile is then applied by the worker.
   */
  beginRetry(accountId: string, at: Date): Promise<void>;
  /** It can be applied again. */
  release(accountId: string): Promise<void>;
  /** It still cannot. */
  failRetry(account: ParkedAccount): Promise<void>;
}

interface Stored {
  readonly _id: string;
  readonly sequence: bigint;
  readonly error: string;
  readonly attempts: number;
  readonly parkedAt: Date;
  readonly triedAt: Date;
  /** Somebody tries it right now; a worker does not take it for parked. */
  readonly retrying: boolean;
}

export function parkedCollection(db: Db, projection: string, build: Build): Collection<Stored> {
  return db.collection<Stored>(collectionName(`${projection}_parked`, build));
}

export function parkedStore(collection: Collection<Stored>): ParkedStore {
  return {
    async among(accountIds) {
      if (accountIds.size === 0) return new Set();
      // Nearly always nobody is: that is asked first, and costs less than naming all of them.
      if ((await collection.findOne({}, { projection: { _id: 1 } })) === null) return new Set();
      const filter = { _id: { $in: [...accountIds] }, retrying: false };
      const found = await collection.find(filter, { projection: { _id: 1 } }).toArray();
      return new Set(found.map(({ _id }) => _id));
    },

    async park(accounts, at) {
      if (accounts.length === 0) return;
      const operations = accounts.map(({ accountId, sequence, error }) => ({
        updateOne: {
          filter: { _id: accountId },
          update: {
            $setOnInsert: { sequence: BigInt(sequence), parkedAt: at },
            $set: { error, triedAt: at, retrying: false },
            $inc: { attempts: 1 },
          },
          upsert: true,
        },
      }));
      await collection.bulkWrite(operations, { ordered: false, ...SAFE });
    },

    count: () => collection.countDocuments(),

    async list(limit) {
      const found = await collection.find().sort({ sequence: 1 }).limit(limit).toArray();
      return found.map(({ _id, sequence, error, attempts, parkedAt, triedAt }) => ({
        accountId: _id,
        sequence: Number(sequence),
        error,
        attempts,
        parkedAt,
        triedAt,
      }));
    },

    async beginRetry(accountId, at) {
      const update = { $set: { retrying: true, triedAt: at } };
      await collection.updateOne({ _id: accountId }, update, SAFE);
    },

    async release(accountId) {
      // The worker may have parked it again, for a later event.
      await collection.deleteOne({ _id: accountId, retrying: true }, SAFE);
    },

    async failRetry({ accountId, sequence, error }) {
      const update = {
        $set: { error, sequence: BigInt(sequence), retrying: false },
        $inc: { attempts: 1 },
      };
      await collection.updateOne({ _id: accountId }, update, SAFE);
    },
  };
}
