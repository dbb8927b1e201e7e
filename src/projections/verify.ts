import type { LogEntry } from '../event-store/log-entry.ts';
import { shardOf } from '../event-store/subjects.ts';
import { compareWith } from './comparison.ts';
import type { Comparison, ComparisonOptions, Difference, ExpectedLine } from './comparison.ts';
import type { ProjectedDocument, Projection } from './projection.ts';

export interface VerifyOptions<D extends ProjectedDocument> extends ComparisonOptions<D> {
  /** Stream sequence up to which the build claims to have every event. */
  readonly untilSequence: number;
  /** In how many passes the log is read: each holds the documents of its share of the accounts. */
  readonly passes?: number;
  /** Events done, of all passes, and how many there are. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface VerifyReport {
  readonly accounts: number;
  readonly lines: number;
  /** Accounts whose events cannot be applied from some event on. */
  readonly unreadable: number;
  /** The first ones. */
  readonly differences: readonly Difference[];
}

const BATCH = 1_000;
const TOLD_DIFFERENCES = 100;

/** Folds the log and compares every document and every line of a build with what it makes. */
export async function verifyBuild<D extends ProjectedDocument>(
  options: VerifyOptions<D>,
): Promise<VerifyReport> {
  const { untilSequence, passes = 1, onProgress } = options;
  const comparison = compareWith(options);
  const found: Difference[] = [];
  const counts = { accounts: 0, lines: 0, unreadable: 0 };
  /** Lines that stand in MongoDB, of those that events made. */
  let present = 0;

  for (let index = 0; index < passes; index += 1) {
    const isOwn = (accountId: string) => shardOf(accountId) % passes === index;
    const fold = foldOf(options.projection, comparison);
    for await (const entry of options.events.entries(0, untilSequence)) {
      if (isOwn(entry.accountId)) found.push(...(await fold.add(entry)));
      if (entry.sequence % BATCH === 0) {
        onProgress?.(index * untilSequence + entry.sequence, passes * untilSequence);
      }
    }
    found.push(...(await fold.end()));
    const isKnown = (accountId: string) => !isOwn(accountId) || fold.has(accountId);
    found.push(...(await comparison.strayDocuments(untilSequence, isKnown)));
    counts.accounts += fold.counts.accounts;
    counts.lines += fold.counts.lines;
    counts.unreadable += fold.counts.unreadable;
    present += fold.present();
  }
  onProgress?.(passes * untilSequence, passes * untilSequence);

  found.push(...(await comparison.strayLines(untilSequence, present)));
  return { ...counts, differences: found.slice(0, TOLD_DIFFERENCES) };
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
        documents.set(accountId, projection.apply(documents.get(accountId), entry));
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
      const all = [...documents.values()];
      for (let start = 0; start < all.length; start += BATCH) {
        found.push(...(await comparison.documents(all.slice(start, start + BATCH))));
      }
      return found;
    },
  };
}
