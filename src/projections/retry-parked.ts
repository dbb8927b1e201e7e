import type { EventReader } from '../event-store/event-store.ts';
import type { LogEntry } from '../event-store/log-entry.ts';
import { messageOf } from '../platform/message-of.ts';
import { foldBatch, positionOf } from './fold-batch.ts';
import type { ParkedAccount, ParkedRecord } from './parked.ts';
import type { ProjectedDocument, Projection } from './projection.ts';
import type { ReadModelStore } from './read-model-store.ts';

export interface RetryOptions<D extends ProjectedDocument> {
  readonly projection: Projection<D>;
  readonly store: ReadModelStore<D>;
  readonly events: EventReader;
}

/** What became of the retry of one account; `parked` is why it still waits. */
export interface RetryReport {
  readonly accountId: string;
  readonly events: number;
  readonly parked?: ParkedAccount;
}

/** Events folded and written at once, at most. */
const BATCH = 1_000;

/**
 * Applies what waits of a parked account, through this program's schemas and upcasters. Workers may
 * go on meanwhile: from the beginning of the retry they apply what comes in, as far as it goes.
 */
export async function retryParked<D extends ProjectedDocument>(
  options: RetryOptions<D>,
  { accountId, sequence }: Pick<ParkedRecord, 'accountId' | 'sequence'>,
): Promise<RetryReport> {
  const { store } = options;
  await store.parked.beginRetry(accountId, new Date());
  let applied: Omit<RetryReport, 'accountId'>;
  try {
    applied = await applyRest(options, accountId);
  } catch (error) {
    const reason = messageOf(error);
    applied = { events: 0, parked: { accountId, sequence, error: reason } };
  }
  if (applied.parked === undefined) await store.parked.release(accountId);
  else await store.parked.failRetry(applied.parked);
  return { accountId, ...applied };
}

async function applyRest<D extends ProjectedDocument>(
  { projection, store, events }: RetryOptions<D>,
  accountId: string,
): Promise<Omit<RetryReport, 'accountId'>> {
  const head = await events.head(accountId, 'leader');
  let [document] = await store.documents([accountId]);
  let count = 0;
  let batch: LogEntry[] = [];

  async function apply(): Promise<ParkedAccount | undefined> {
    const standing = { document: () => document, isParked: () => false };
    const folded = await foldBatch(projection, standing, batch, noGap);
    await store.writeLines(folded.lines);
    await store.writeDocuments([...folded.changed.values()]);
    document = folded.changed.get(accountId) ?? document;
    count += batch.length;
    batch = [];
    return folded.parked[0];
  }

  if (head === undefined) return { events: 0 };
  for await (const recorded of events.tail(head, positionOf(document), 'leader')) {
    batch.push({ accountId, ...recorded });
    if (batch.length < BATCH) continue;
    const parked = await apply();
    if (parked !== undefined) return { events: count, parked };
  }
  const parked = await apply();
  return { events: count, ...(parked !== undefined && { parked }) };
}

/** The account's own subject is read in order: what it lacks, the log lacks. */
// eslint-disable-next-line @typescript-eslint/require-await -- reading the log is asynchronous
async function* noGap(): AsyncGenerator<never> {
  yield* [];
}
