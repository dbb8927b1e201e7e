import type { Db } from 'mongodb';
import pLimit from 'p-limit';
import { BEGINNING } from '../event-store/event-store.ts';
import type { EventReader } from '../event-store/event-store.ts';
import { collectionName } from './build.ts';
import type { Build } from './build.ts';
import { compareWith } from './comparison.ts';
import type { ComparisonOptions, Difference, ExpectedLine } from './comparison.ts';
import type { ProjectedDocument, Projection } from './projection.ts';

/** Accounts that are folded at the same time. */
const ACCOUNTS_AT_ONCE = 16;

/** Compares so many documents of a build, taken at random, and their lines with the log. */
export async function sampleDifferences<D extends ProjectedDocument>(
  options: ComparisonOptions<D>,
  size: number,
): Promise<Difference[]> {
  const { projection, db, events, build } = options;
  const comparison = compareWith(options);
  const documents = db.collection<ProjectedDocument>(
    collectionName(projection.documents.name, build),
  );
  async function differencesOf(accountId: string): Promise<Difference[]> {
    // It is behind and said to be, and perhaps cannot be read at all.
    if ((await comparison.parked([accountId])).has(accountId)) return [];
    const { document, lines } = await foldAccount(projection, events, accountId);
    if (document === undefined) {
      const detail = 'is of an account that the log does not have';
      const collection = documents.collectionName;
      return [{ collection, id: accountId, sequence: 0, detail }];
    }
    const wrong = await comparison.lines(lines);
    return [...(await comparison.documents([document])), ...wrong.differences];
  }

  const stages = [{ $sample: { size } }, { $project: { _id: 1 } }];
  const sample = await documents.aggregate<{ readonly _id: string }>(stages).toArray();
  const limit = pLimit(ACCOUNTS_AT_ONCE);
  const found = await Promise.all(sample.map(({ _id }) => limit(() => differencesOf(_id))));
  return found.flat();
}

/** Says so when a build that has caught up has fewer accounts than another one. */
export async function fewerAccounts(
  db: Db,
  { documents }: Pick<Projection, 'documents'>,
  build: Build,
  other: Build,
): Promise<string | undefined> {
  const count = (one: Build) => db.collection(collectionName(documents.name, one)).countDocuments();
  // In this order: accounts are never fewer later on.
  const others = await count(other);
  const own = await count(build);
  if (own >= others) return undefined;
  return `build ${build.number} has ${own} accounts, build ${other.number} has ${others}`;
}

async function foldAccount<D extends ProjectedDocument>(
  projection: Projection<D>,
  events: EventReader,
  accountId: string,
): Promise<{ readonly document: D | undefined; readonly lines: ExpectedLine[] }> {
  const lines: ExpectedLine[] = [];
  let document: D | undefined;
  const head = await events.head(accountId, 'leader');
  if (head === undefined) return { document, lines };
  for await (const recorded of events.tail(head, BEGINNING, 'any')) {
    document = projection.apply(document, recorded);
    const line = projection.lineOf(recorded);
    if (line !== undefined) lines.push({ line, accountId, sequence: recorded.sequence });
  }
  return { document, lines };
}
