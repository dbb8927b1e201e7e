import { LRUCache } from 'lru-cache';
import type { RecordedEvent } from '../account/events.ts';
import type { EventReader } from '../event-store/event-store.ts';
import { foldBatch } from './fold-batch.ts';
import type { ReadGap } from './fold-batch.ts';
import type { ProjectionPosition } from './position.ts';
import type { ProjectedDocument, Projection } from './projection.ts';
import type { ProjectorObserver } from './projector-observer.ts';
import type { ReadModelStore } from './read-model-store.ts';

/** Brings events into the read model, whole and in order, whatever order they come in. */
export interface Applier {
  /**
   * Applies what is new of the events given. Where the stream has events between what is applied and
   * these, they are read from it first: a worker that died may have taken them along, and the
   * checkpoint must never pass over them. `pending` is told to the observer.
   */
  apply(events: readonly RecordedEvent[], pending: number): Promise<void>;
  /** Applies everything up to and with the stream sequence. */
  catchUp(untilSequence: number): Promise<void>;
}

export interface ApplierOptions<D extends ProjectedDocument> {
  readonly projection: Projection<D>;
  readonly store: ReadModelStore<D>;
  readonly events: EventReader;
  readonly position: ProjectionPosition;
  readonly observer: ProjectorObserver;
  readonly signal: AbortSignal;
}

/** Events folded and written at once, at most. */
export const MAX_BATCH = 1_000;
export const READ_MODEL_DELETED =
  'the read model was deleted or set back under the projector: building it again';

/** Documents kept in memory, so that a batch need not read what it is about to replace. */
const CACHED_DOCUMENTS = 20_000;

/** `checkpoint` is the stream sequence up to which MongoDB has every event. */
export function createApplier<D extends ProjectedDocument>(
  { projection, store, events, position, observer, signal }: ApplierOptions<D>,
  checkpoint: number,
  onProgress: () => void,
): Applier {
  const cache = new LRUCache<string, D>({ max: CACHED_DOCUMENTS });
  let applied = checkpoint;

  const readGap: ReadGap = (after, until) =>
    events.tail({ ...until, previousSequence: until.sequence - 1 }, after, 'leader');

  /** Writes events that follow on what is applied without a hole. */
  async function write(batch: readonly RecordedEvent[], pending: number): Promise<void> {
    const last = batch.at(-1);
    if (last === undefined) return;
    await readIntoCache(batch);
    const folded = await foldBatch(projection, (id) => cache.get(id), batch, readGap);
    await store.write([...folded.changed.values()], folded.lines);
    const moved = await store.moveCheckpoint(applied, last.sequence);
    if (!moved) throw new Error(READ_MODEL_DELETED);
    for (const [accountId, document] of folded.changed) cache.set(accountId, document);
    applied = last.sequence;
    position.advance(applied);
    const { repeated } = folded;
    observer.wrote({ events: batch.length, repeated, sequence: applied, pending });
    onProgress();
  }

  async function readIntoCache(batch: readonly RecordedEvent[]): Promise<void> {
    const unread = new Set<string>();
    for (const { event } of batch) {
      // A new account is in nobody's way; a repeat of its creation is caught by the guard.
      if (event.version > 1 && !cache.has(event.accountId)) unread.add(event.accountId);
    }
    if (unread.size === 0) return;
    for (const document of await store.documents([...unread])) cache.set(document._id, document);
  }

  async function catchUp(untilSequence: number): Promise<void> {
    if (untilSequence <= applied) return;
    // Another worker may have gone on meanwhile.
    applied = Math.max(applied, (await store.checkpoint()) ?? 0);
    if (untilSequence <= applied) return;
    observer.healing(applied + 1, untilSequence);
    let batch: RecordedEvent[] = [];
    for await (const recorded of events.replay(applied, untilSequence)) {
      signal.throwIfAborted();
      batch.push(recorded);
      if (batch.length < MAX_BATCH && recorded.sequence < untilSequence) continue;
      await write(batch, untilSequence - recorded.sequence);
      batch = [];
    }
    await write(batch, 0);
  }

  return {
    catchUp,
    async apply(recorded, pending) {
      let following: RecordedEvent[] = [];
      for (const event of recorded) {
        const reached = following.at(-1)?.sequence ?? applied;
        if (event.sequence <= reached) continue;
        if (event.sequence > reached + 1) {
          await write(following, pending);
          following = [];
          await catchUp(event.sequence - 1);
        }
        if (event.sequence > applied) following.push(event);
      }
      await write(following, pending);
    },
  };
}
