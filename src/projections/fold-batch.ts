import { IntegrityError } from '../account/errors.ts';
import type { RecordedEvent } from '../account/events.ts';
import { UndecodablePayloadError } from '../event-store/avro/single-object.ts';
import type { Position } from '../event-store/event-store.ts';
import type { LogEntry } from '../event-store/log-entry.ts';
import { messageOf } from '../platform/message-of.ts';
import type { ParkedAccount } from './parked.ts';
import type { ProjectedDocument, ProjectedLine, Projection } from './projection.ts';

/** Reads the events of an account that lie between a position and a later event. */
export type ReadGap = (after: Position, until: RecordedEvent) => AsyncIterable<RecordedEvent>;

/** What is known before a batch of the accounts in it. */
export interface Standing<D> {
  readonly document: (accountId: string) => D | undefined;
  readonly isParked: (accountId: string) => boolean;
}

export interface FoldedBatch<D> {
  /** The newest document of each account that changed. */
  readonly changed: ReadonlyMap<string, D>;
  /** Of those, the accounts that had no document before. */
  readonly created: ReadonlySet<string>;
  readonly lines: readonly ProjectedLine[];
  /** Events left out because they are applied already. */
  readonly repeated: number;
  /** Accounts that went wrong in this batch: what came before is applied, the rest waits. */
  readonly parked: readonly ParkedAccount[];
}

/**
 * Folds a batch of events into the documents it touches. An event that is applied already is left
 * out; before one that skips a version, the missing ones are read from the log. An account with an
 * event that cannot be applied is parked, and the others go on.
 * @throws what reading the log throws, unless it is the log's content that is at fault.
 */
export async function foldBatch<D extends ProjectedDocument>(
  projection: Projection<D>,
  { document: current, isParked }: Standing<D>,
  batch: readonly LogEntry[],
  readGap: ReadGap,
): Promise<FoldedBatch<D>> {
  const changed = new Map<string, D>();
  const created = new Set<string>();
  const lines: ProjectedLine[] = [];
  const parked = new Map<string, ParkedAccount>();
  let repeated = 0;

  /** @throws UnappliableError */
  function addLine(recorded: RecordedEvent): void {
    const line = asUnappliable(() => projection.lineOf(recorded));
    if (line !== undefined) lines.push(line);
  }

  /** @throws UnappliableError */
  function apply(recorded: RecordedEvent, before: D | undefined): D {
    const { accountId, version } = recorded.event;
    if (positionOf(before).version !== version - 1) {
      throw new UnappliableError(`account ${accountId}: the log has no version ${version - 1}`);
    }
    const after = asUnappliable(() => projection.apply(before, recorded));
    addLine(recorded);
    if (before === undefined) created.add(accountId);
    changed.set(accountId, after);
    return after;
  }

  /** @throws UnappliableError, or what reading the log throws. */
  async function fold(recorded: RecordedEvent): Promise<void> {
    const { accountId, version } = recorded.event;
    let document = changed.get(accountId) ?? current(accountId);
    const position = positionOf(document);
    if (version <= position.version) {
      // The document has it; that its line stands, nobody has said. A line that does stays as it is.
      addLine(recorded);
      repeated += 1;
      return;
    }
    if (version > position.version + 1) {
      for await (const missing of readGap(position, recorded)) {
        if (missing.event.version < version) document = apply(missing, document);
      }
    }
    apply(recorded, document);
  }

  for (const entry of batch) {
    const { accountId, sequence } = entry;
    if (parked.has(accountId) || isParked(accountId)) continue;
    try {
      if ('error' in entry) throw new UnappliableError(entry.error.message);
      await fold(entry);
    } catch (error) {
      if (!isPoison(error)) throw error;
      parked.set(accountId, { accountId, sequence, error: error.message });
    }
  }
  return { changed, created, lines, repeated, parked: [...parked.values()] };
}

/** The event, and not what is around it, is why it cannot be applied. */
class UnappliableError extends Error {
  override readonly name = 'UnappliableError';
}

function asUnappliable<T>(apply: () => T): T {
  try {
    return apply();
  } catch (error) {
    throw new UnappliableError(messageOf(error), {
      cause: error,
    });
  }
}

function isPoison(error: unknown): error is Error {
  return [UnappliableError, UndecodablePayloadError, IntegrityError].some(
    (kind) => error instanceof kind,
  );
}

/** Where the document's account has come to. */
export const positionOf = (document: ProjectedDocument | undefined): Position =>
  document === undefined
    ? { version: 0, sequence: 0 }
    : { version: document.version, sequence: Number(document.sequence) };
