import type { LogEntry } from '../event-store/log-entry.ts';
import { shardOf } from '../event-store/subjects.ts';
import { compareWith } from './comparison.ts';
import type { Comparison, ComparisonOptions, Difference, ExpectedLine } from './comparison.ts';
import { firstBySequence } from './first-by-sequence.ts';
import type { GroupPositions } from './group-positions.ts';
import type { ProjectedDocument, Projection } from './projection.ts';

export interface VerifyOptions<D extends ProjectedDocument> extends ComparisonOptions<D> {
  /** Up to where each group of the build claims to have every event. */
  readonly positions: GroupPositions;
  /** In how many passes the log is read: each holds the documents of its share of the accounts. */
  readonly passes?: number;
  /** Events done, of all passes, and how many there are. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface VerifyReport {
  readonly accounts: number;
  readonly lines: number;
  /** Accounts whose events cannot be applied from some event on. */
  readonly unreadable: number;
  readonly differenceCount: number;
  /** The first ones by stream sequence. */
  readonly differences: readonly Difference[];
}

const BATCH = 1_000;
const TOLD_DIFFERENCES = 100;

/** Folds the log and compares every document and every line of a build with what it makes. */
export async function verifyBuild<D extends ProjectedDocument>(
  options: VerifyOptions<D>,
): Promise<VerifyReport> {
  const { positions, passes = 1, onProgress, signal } = options;
  const comparison = compareWith(options);
  const found = firstBySequence<Difference>(TOLD_DIFFERENCES);
  const counts = { accounts: 0, lines: 0, unreadable: 0 };
  const total = passes * positions.furthest;
  /** Lines that stand in MongoDB, of those that events made. */
  let present = 0;

  onProgress?.(0, total);
  for (let index = 0; index < passes; index += 1) {
    const isOwn = (accountId: string) => shardOf(accountId) % passes === index;
    const fold = foldOf(options.projection, comparison);
    for await (const entry of options.events.entries(0, positions.furthest)) {
      signal?.throwIfAborted();
      const { accountId, sequence } = entry;
      if (isOwn(accountId) && sequence <= positions.of(accountId)) {
        found.add(await fold.add(entry));
      }
      if (sequence % BATCH === 0) onProgress?.(index * positions.furthest + sequence, total);
    }
    found.add(await fold.end());
    const isKnown = (accountId: string) => !isOwn(accountId) || fold.has(accountId);
    for await (const stray of comparison.strayDocuments(isKnown)) found.add([stray]);
    counts.accounts += fold.counts.accounts;
    counts.lines += fold.counts.lines;
    counts.unreadable += fold.counts.unreadable;
    present += fold.present();
  }
  onProgress?.(total, total);

  for await (const stray of comparison.strayLines(positions.furthest, present)) found.add([stray]);
  return { ...counts, differenceCount: found.count(), differences: found.list() };
}

/** One pass over a share of the accounts; answers the differences as they are found. */
function foldOf<D extends ProjectedDocument>(projection: Projection<D>, comparison: Comparison<D>) {
  const documents = new Map<string, D>();
  /** Accounts with an event that cannot be applied, and where that stands. */
  const unreadable = new Map<string, number>();
  const counts = { accounts: 0, lines: 0, unreadable: 0 };
  let lines: ExpectedLine[] = [];
  let present = 0;

  async function compareLines(): Promise<Difference[]> {
    const batch = lines;
    lines = [];
    const compared = await comparison.lines(batch);
    present += compared.present;
    return compared.differences;
  }

  async function unparked(): Promise<Difference[]> {
    const parked = await comparison.parked([...unreadable.keys()]);
    return [...unreadable]
      .filter(([accountId]) => !parked.has(accountId))
      .map(([id, sequence]) => {
        const detail = 'has an event that cannot be applied, and is not parked';
        return { collection: projection.documents.name, id, sequence, detail };
      });
  }

  return {
    counts,
    present: () => present,
    has: (accountId: string) => documents.has(accountId) || unreadable.has(accountId),

    async add(entry: LogEntry): Promise<Difference[]> {
      const { accountId, sequence } = entry;
      if (unreadable.has(accountId)) return [];
      try {
        if ('error' in entry) throw entry.error;
        const before = documents.get(accountId);
        if (entry.event.version !== (before?.version ?? 0) + 1)
          throw new Error('a version is left out');
        documents.set(accountId, projection.apply(before, entry));
      } catch {
        unreadable.set(accountId, sequence);
        return [];
      }
      const line = projection.lineOf(entry);
      if (line === undefined) return [];
      counts.lines += 1;
      lines.push({ line, accountId, sequence });
      return lines.length === BATCH ? compareLines() : [];
    },

    async end(): Promise<Difference[]> {
      const found = [...(await compareLines()), ...(await unparked())];
      counts.accounts = documents.size;
      counts.unreadable = unreadable.size;
      // Those that cannot be read on are parked, or told already.
      const all = [...documents.values()].filter(({ _id }) => !unreadable.has(_id));
      for (let start = 0; start < all.length; start += BATCH) {
        found.push(...(await comparison.documents(all.slice(start, start + BATCH))));
      }
      return found;
    },
  };
}
