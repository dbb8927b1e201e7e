import type { Db, WithId } from 'mongodb';
import type { Build } from './build.ts';
import type { Projection } from './projection.ts';
import { SAFE } from './write-concern.ts';

/** What operators say about a projection, and every service obeys: one document in MongoDB. */
export interface ProjectionControl {
  /** Number of the build that queries are answered from. */
  readonly live: number;
  /** The one before it, kept for a roll-back. */
  readonly previous: number | null;
  /** Nothing is projected; queries are answered from what there is. */
  readonly paused: boolean;
  readonly builds: readonly Build[];
  /**
   * The greatest number that a build has or had. None is given twice: whoever still works on a build
   * that was removed knows it by its number.
   */
  readonly lastNumber: number;
}

export interface ControlStore {
  /** Undefined before the first start of a service, and after the database was dropped. */
  read(): Promise<ProjectionControl | undefined>;
  /** The document; where it is missing, one that says that `first` is live. */
  open(first: Build): Promise<ProjectionControl>;
  /** Does nothing where its number was given before. */
  addBuild(build: Build): Promise<void>;
  /** To be called before anything of it is removed: it cannot be made live after that. False when it is. */
  beginRemoval(number: number): Promise<boolean>;
  removeBuild(number: number): Promise<void>;
  /**
   * Makes another build the live one; false when `from` is not the live one any more, or the other
   * one is gone or being removed.
   */
  flip(from: number, to: number): Promise<boolean>;
  pause(paused: boolean): Promise<void>;
}

/** The live build or, where that is not of this release's shape, the one before it. */
export const buildToServe = (
  { live, previous, builds }: ProjectionControl,
  { version }: Pick<Projection, 'version'>,
): Build | undefined =>
  [live, previous]
    .map((number) => builds.find((build) => build.number === number))
    .find((build) => build?.shape === version);

interface Stored extends Omit<ProjectionControl, 'lastNumber'> {
  readonly _id: string;
  /** Missing until a build was added or removed. */
  readonly lastNumber?: number;
}

export const CONTROL = 'projections';

export function controlStore(db: Db, projection: string): ControlStore {
  const collection = db.collection<Stored>(CONTROL);
  const _id = projection;
  const update = async (change: object, filter: object = {}): Promise<boolean> => {
    const { matchedCount } = await collection.updateOne({ _id, ...filter }, change, SAFE);
    return matchedCount === 1;
  };

  return {
    async read() {
      const found = await collection.findOne({ _id });
      return found === null ? undefined : controlIn(found);
    },

    async open(first) {
      const missing = { live: first.number, previous: null, paused: false, builds: [first] };
      const found = await collection.findOneAndUpdate(
        { _id },
        { $setOnInsert: missing },
        { upsert: true, returnDocument: 'after', ...SAFE },
      );
      return controlIn(found ?? { _id, ...missing });
    },

    async addBuild(build) {
      const { number } = build;
      await update(
        { $push: { builds: build }, $max: { lastNumber: number } },
        { 'builds.number': { $ne: number }, lastNumber: { $not: { $gte: number } } },
      );
    },

    async beginRemoval(number) {
      await update(
        { $set: { 'builds.$.removing': true } },
        { ...notLive(number), ...known(number) },
      );
      return (await collection.findOne({ _id, ...notLive(number) })) !== null;
    },

    async removeBuild(number) {
      const remembered = { $max: { lastNumber: number } };
      await update({ $pull: { builds: { number } }, ...remembered }, notLive(number));
      await update({ $set: { previous: null } }, { previous: number });
    },

    flip(from, to) {
      const whole = { builds: { $elemMatch: { number: to, removing: { $ne: true } } } };
      return update({ $set: { live: to, previous: from } }, { live: from, ...whole });
    },

    async pause(paused) {
      await update({ $set: { paused } });
    },
  };
}

const notLive = (number: number) => ({ live: { $ne: number } });
const known = (number: number) => ({ 'builds.number': number });

function controlIn(stored: WithId<Stored>): ProjectionControl {
  const { live, previous, paused, builds, lastNumber = 0 } = stored;
  const greatest = Math.max(lastNumber, ...builds.map(({ number }) => number));
  return { live, previous, paused, builds, lastNumber: greatest };
}
