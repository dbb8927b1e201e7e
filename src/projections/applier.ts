import type { EventReader } from '../event-store/event-store.ts';
import type { LogEntry } from '../event-store/log-entry.ts';
import type { Group } from './build.ts';
import type { Checkpoint, CheckpointStore } from './checkpoint.ts';
import { foldBatch } from './fold-batch.ts';
import type { FoldedBatch, ReadGap } from './fold-batch.ts';
import { knownDocuments } from './known-documents.ts';
import { pipeline } from './pipeline.ts';
import type { ProjectionPosition } from './position.ts';
import type { ProjectedDocument, Projection } from './projection.ts';
import type { ProjectorObserver } from './projector-observer.ts';
import type { ReadModelStore } from './read-model-store.ts';

/** Brings a group's events into the read model, whole and in order, whatever order they come in. */
export interface Applier {
  /**
   * Takes what is new of the deliveries and writes it in the background; where the stream may have
   * events of the group between what is taken and a delivery, they are read from it first: a worker
   * that died may have taken them along, and the checkpoint must never pass over them.
   * `acknowledge` is called once MongoDB has them all. `pending` is told to the observer.
   */
  apply(
    deliveries: readonly DeliveredEntry[],
    pending: number,
    acknowledge: () => void,
  ): Promise<void>;
  /** Takes everything up to and with the stream sequence from the stream, or up to its end. */
  catchUp(untilSequence: number): Promise<void>;
  /** Resolves once MongoDB has all that was taken. */
  written(): Promise<void>;
}

export interface DeliveredEntry {
  readonly entry: LogEntry;
  /** Nothing of the group lies between the delivery before and this one. */
  readonly follows: boolean;
}

export interface ApplierOptions<D extends ProjectedDocument> {
  readonly projection: Projection<D>;
  readonly group: Group;
  readonly store: ReadModelStore<D>;
  readonly checkpoints: CheckpointStore;
  readonly events: EventReader;
  readonly position: ProjectionPosition;
  readonly observer: ProjectorObserver;
  readonly signal: AbortSignal;
}

/** Events folded and written at once, at most. */
export const MAX_BATCH = 2_000;
export const READ_MODEL_DELETED =
  'the read model was deleted or set back under the projector: building it again';

/**
 * Batches on their way to MongoDB: their lines, the documents of one, the checkpoint of the one before. More
 * would be no faster, and each event would wait longer.
 */
const PIPELINE_DEPTH = 3;

/** Stream sequences between two checkpoints of a catch-up, at most: most may be of other groups. */
const MAX_STRETCH = 50_000;

/** A batch on its way. */
interface Folded<D> extends FoldedBatch<D> {
  readonly events: number;
  /** Where the checkpoint stands once the batch is written. */
  readonly reached: Checkpoint;
  readonly pending: number;
  readonly acknowledge?: () => void;
}

/** `checkpoint` is the stream sequence up to which MongoDB has every event of the group. */
export function createApplier<D extends ProjectedDocument>(
  options: ApplierOptions<D>,
  checkpoint: number,
  onProgress: () => void,
): Applier {
  const { projection, group, store, checkpoints, events, position, observer, signal } = options;
  /** Parked by this applier, and perhaps not yet in MongoDB. */
  const parking = new Set<string>();
  const known = knownDocuments(group, store);
  /** Up to here events are in MongoDB, and up to there they are at least on their way. */
  let applied = checkpoint;
  let taken = checkpoint;

  const readGap: ReadGap = (after, until) =>
    events.tail({ ...until, previousSequence: until.sequence - 1 }, after, 'leader');

  const writing = pipeline<Folded<D>>([writeLines, writeDocuments, moveCheckpoint], PIPELINE_DEPTH);

  async function writeLines({ parked, lines }: Folded<D>): Promise<void> {
    await store.parked.park(parked, new Date());
    for (const { accountId } of parked) parking.delete(accountId);
    await store.writeLines(lines);
  }

  async function writeDocuments({ changed, created }: Folded<D>): Promise<void> {
    await store.writeDocuments([...changed.values()], created);
    known.written();
  }

  async function moveCheckpoint(folded: Folded<D>): Promise<void> {
    const { reached, events: count, repeated, pending, parked } = folded;
    if (reached.sequence > applied) {
      if (!(await checkpoints.move(applied, reached))) throw new Error(READ_MODEL_DELETED);
      applied = reached.sequence;
      position.advance(applied);
      observer.wrote({ events: count, repeated, checkpoint: reached, pending });
      if (parked.length > 0) observer.parked(parked);
      onProgress();
    }
    folded.acknowledge?.();
  }

  /** Takes events that follow on what is taken without a hole; `reached` is where that leads. */
  async function take(
    batch: readonly LogEntry[],
    reached: number,
    pending: number,
    acknowledge?: () => void,
  ): Promise<void> {
    const accountIds = new Set(batch.map(({ accountId }) => accountId));
    const onTheirWay = new Set(parking);
    const [parkedOnes, documents] = await Promise.all([
      store.parked.among(accountIds),
      known.before(batch),
    ]);
    const standing = {
      document: (accountId: string) => documents.get(accountId),
      isParked: (accountId: string) => onTheirWay.has(accountId) || parkedOnes.has(accountId),
    };
    const folded = await foldBatch(projection, standing, batch, readGap);
    // Ahead of MongoDB from here on: if the writing fails, this applier is done with.
    known.onTheirWay(folded.changed);
    for (const { accountId } of folded.parked) parking.add(accountId);
    taken = reached;
    await writing.push({
      ...folded,
      events: batch.length,
      reached: { sequence: reached, at: happenedAt(batch) },
      pending,
      ...(acknowledge !== undefined && { acknowledge }),
    });
  }

  /** Another worker may have gone on meanwhile: what it did need not be read. */
  async function skipWhatOthersDid(): Promise<void> {
    await writing.drained();
    const found = await checkpoints.read();
    if (found === undefined || found.sequence <= taken) return;
    taken = applied = found.sequence;
    known.forget();
    position.advance(applied);
  }

  /** Who was stopped has ended only once MongoDB has what was on its way, or never will. */
  async function endAborted(): Promise<never> {
    await writing.drained().catch(() => undefined);
    throw signal.reason;
  }

  async function catchUp(untilSequence: number): Promise<void> {
    if (untilSequence <= taken) return;
    await skipWhatOthersDid();
    if (untilSequence <= taken) return;
    observer.healing(taken + 1, untilSequence);
    let batch: LogEntry[] = [];
    let reached = taken;
    for await (const entry of events.entries(taken, untilSequence)) {
      if (signal.aborted) await endAborted();
      reached = entry.sequence;
      if (group.has(entry.accountId)) batch.push(entry);
      const full = batch.length === MAX_BATCH || entry.sequence - taken >= MAX_STRETCH;
      if (!full && entry.sequence < untilSequence) continue;
      await take(batch, entry.sequence, untilSequence - entry.sequence);
      batch = [];
    }
    // The log may end before that: a consumer may begin beyond its end.
    if (reached > taken) await take(batch, reached, 0);
  }

  return {
    catchUp,
    written: () => writing.drained(),
    async apply(deliveries, pending, acknowledge) {
      let following: LogEntry[] = [];
      for (const { entry, follows } of deliveries) {
        const reached = following.at(-1)?.sequence ?? taken;
        if (entry.sequence <= reached) continue;
        if (!follows && entry.sequence > reached + 1) {
          await take(following, reached, pending);
          following = [];
          await catchUp(entry.sequence - 1);
          // A replica that has just become the leader may not know of all that was delivered.
          if (taken < entry.sequence - 1) throw new Error(`the stream ends at ${taken} for now`);
        }
        if (entry.sequence > taken) following.push(entry);
      }
      await take(following, following.at(-1)?.sequence ?? taken, pending, acknowledge);
    },
  };
}

function happenedAt(batch: readonly LogEntry[]): Date | undefined {
  const last = batch.findLast((entry) => 'event' in entry);
  return last !== undefined && 'event' in last ? new Date(last.event.occurredAt) : undefined;
}
