import { isDeepStrictEqual } from 'node:util';
import type { Collection, Db, Filter } from 'mongodb';
import { IntegrityError } from '../account/errors.ts';
import { UndecodablePayloadError } from '../event-store/avro/single-object.ts';
import type { EventReader } from '../event-store/event-store.ts';
import { isAccountId } from '../event-store/subjects.ts';
import { collectionName } from './build.ts';
import type { Build } from './build.ts';
import { parkedCollection, parkedStore } from './parked.ts';
import type { ProjectedDocument, ProjectedLine, Projection } from './projection.ts';
import { maybeStrayLines, strayLines } from './stray-lines.ts';

/** Something in MongoDB that is not what the log makes of it. */
export interface Difference {
  readonly collection: string;
  readonly id: string;
  /** Stream sequence of the event that it should show. */
  readonly sequence: number;
  readonly detail: string;
}

/** A line as its event makes it. */
export interface ExpectedLine {
  readonly line: ProjectedLine;
  readonly accountId: string;
  readonly sequence: number;
}

export interface LineDifferences {
  /** How many of the expected lines stand there at all. */
  readonly present: number;
  readonly differences: Difference[];
}

/** Compares what a fold of the log made with what a build holds, while projecting may go on. */
export interface Comparison<D> {
  /** Differences found; parked accounts are behind and said to be, so they make none. */
  documents(folded: readonly D[]): Promise<Difference[]>;
  lines(expected: readonly ExpectedLine[]): Promise<LineDifferences>;
  /** Documents of accounts that the log does not have, among those that are not known. */
  strayDocuments(isKnown: (accountId: string) => boolean): AsyncIterable<Difference>;
  /** Lines that no event made; `present` of those up to the stream sequence were expected and found. */
  strayLines(untilSequence: number, present: number): AsyncIterable<Difference>;
  /** Which of the accounts are parked. */
  parked(accountIds: readonly string[]): Promise<ReadonlySet<string>>;
}

export interface ComparisonOptions<D extends ProjectedDocument> {
  readonly projection: Projection<D>;
  readonly db: Db;
  readonly events: EventReader;
  readonly build: Build;
}

export function compareWith<D extends ProjectedDocument>({
  projection,
  db,
  events,
  build,
}: ComparisonOptions<D>): Comparison<D> {
  const documents = db.collection<ProjectedDocument>(
    collectionName(projection.documents.name, build),
  );
  const lines = db.collection<ProjectedLine>(collectionName(projection.lines.name, build));
  const parkedAccounts = parkedStore(parkedCollection(db, projection.name, build));
  const parked = (accountIds: readonly string[]) => parkedAccounts.among(new Set(accountIds));

  /** The document as it was folded, with the newer events up to a version. */
  async function broughtForward(folded: D, version: number): Promise<D> {
    const head = await events.head(folded._id, 'leader');
    if (head === undefined) return folded;
    const after = { version: folded.version, sequence: Number(folded.sequence) };
    let document = folded;
    for await (const recorded of events.tail(head, after, 'leader')) {
      if (recorded.event.version <= version) document = projection.apply(document, recorded);
    }
    return document;
  }

  async function whatIsWrong(
    expected: D,
    stored: ProjectedDocument | undefined,
  ): Promise<string | undefined> {
    if (stored === undefined) return 'is missing';
    if (stored.version < expected.version) {
      return `is at version ${stored.version}, the log at ${expected.version}`;
    }
    const moved = stored.version > expected.version;
    try {
      const now = moved ? await broughtForward(expected, stored.version) : expected;
      return isDeepStrictEqual(stored, now) ? undefined : 'is not what the log makes of it';
    } catch (error) {
      if (!isOfTheLog(error)) throw error;
      return `is at version ${stored.version}, and the events up to it say: ${error.message}`;
    }
  }

  async function isInLog(id: string): Promise<boolean> {
    if (!isAccountId(id)) return false;
    try {
      return (await events.head(id, 'leader')) !== undefined;
    } catch (error) {
      // There it is, and cannot be read.
      if (isOfTheLog(error)) return true;
      throw error;
    }
  }

  return {
    parked,

    async documents(folded) {
      const ids = folded.map(({ _id }) => _id);
      const [stored, waiting] = await Promise.all([byId(documents, ids), parked(ids)]);
      const differences: Difference[] = [];
      for (const expected of folded) {
        const { _id: id, sequence } = expected;
        if (waiting.has(id)) continue;
        const detail = await whatIsWrong(expected, stored.get(id));
        if (detail === undefined) continue;
        const collection = documents.collectionName;
        differences.push({ collection, id, sequence: Number(sequence), detail });
      }
      return differences;
    },

    async lines(expected) {
      const stored = await byId(
        lines,
        expected.map(({ line }) => line._id),
      );
      const wrong = expected.filter(({ line }) => !isDeepStrictEqual(stored.get(line._id), line));
      const present = stored.size;
      if (wrong.length === 0) return { present, differences: [] };
      const waiting = await parked(wrong.map(({ accountId }) => accountId));
      const differences = wrong
        .filter(({ accountId }) => !waiting.has(accountId))
        .map(({ line: { _id: id }, sequence }) => {
          const detail = stored.has(id) ? 'is not what its event says' : 'is missing';
          return { collection: lines.collectionName, id, sequence, detail };
        });
      return { present, differences };
    },

    async *strayDocuments(isKnown) {
      const found = documents.find({}, { projection: { _id: 1, sequence: 1 } });
      for await (const { _id: id, sequence } of found) {
        // One of a newer event than was read is in the log all the same.
        if (isKnown(id) || (await isInLog(id))) continue;
        const detail = 'is of an account that the log does not have';
        const collection = documents.collectionName;
        yield { collection, id, sequence: Number(sequence), detail };
      }
    },

    async *strayLines(untilSequence, present) {
      if (!(await maybeStrayLines(lines, events, untilSequence, present))) return;
      const collection = lines.collectionName;
      for await (const stray of strayLines(projection, lines, events)) {
        yield { collection, ...stray, detail: 'is of no event of the log' };
      }
    },
  };
}

/** Whether it is the log's own fault, and not that it could not be reached. */
const isOfTheLog = (error: unknown): error is Error =>
  error instanceof UndecodablePayloadError || error instanceof IntegrityError;

async function byId<T extends ProjectedLine>(
  collection: Collection<T>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, T>> {
  const filter = { _id: { $in: [...ids] } } as Filter<T>;
  const found = (await collection.find(filter).toArray()) as unknown as T[];
  return new Map(found.map((document) => [document._id, document]));
}
