import type { Db } from 'mongodb';
import { BEGINNING } from '../event-store/event-store.ts';
import type { EventReader } from '../event-store/event-store.ts';
import { collectionName } from './build.ts';
import type { Build } from './build.ts';
import { compareWith } from './comparison.ts';
import type { ComparisonOptions, Difference, ExpectedLine } from './comparison.ts';
import type { ProjectedDocument, Projection } from './projection.ts';

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
  const stages = [{ $sample: { size } }, { $project: { _id: 1 } }];
  const differences: Difference[] = [];
  for await (const { _id } of documents.aggregate<{ readonly _id: string }>(stages)) {
    // It is behind and said to be, and perhaps cannot be read at all.
    if ((await comparison.parked([_id])).has(_id)) continue;
    const { document, lines } = await foldAccount(projection, events, _id);
    if (document === undefined) {
      const detail = 'is of an account that the log does not have';
      const collection = documents.collectionName;
      differences.push({ collection, id: _id, sequence: 0, detail });
      continue;
    }
    differences.push(...(await comparison.documents([document])));
    differences.push(...(await comparison.lines(lines)).differences);
  }
  return differences;
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
