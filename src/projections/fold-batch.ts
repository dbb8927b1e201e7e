import { IntegrityError } from '../account/errors.ts';
import type { RecordedEvent } from '../account/events.ts';
import type { Position } from '../event-store/event-store.ts';
import type { ProjectedDocument, ProjectedLine, Projection } from './projection.ts';

/** Reads the events of an account that lie between a position and a later event. */
export type ReadGap = (after: Position, until: RecordedEvent) => AsyncIterable<RecordedEvent>;

export interface FoldedBatch<D> {
  /** The newest document of each account that changed. */
  readonly changed: ReadonlyMap<string, D>;
  readonly lines: readonly ProjectedLine[];
  /** Events left out because they are applied already. */
  readonly repeated: number;
}

/**
 * Folds a batch of events into the documents it touches. An event that is applied already is left
 * out; before one that skips a version, the missing ones are read from the log.
 */
export async function foldBatch<D extends ProjectedDocument>(
  projection: Projection<D>,
  current: (accountId: string) => D | undefined,
  batch: readonly RecordedEvent[],
  readGap: ReadGap,
): Promise<FoldedBatch<D>> {
  const changed = new Map<string, D>();
  const lines: ProjectedLine[] = [];
  let repeated = 0;

  function addLine(recorded: RecordedEvent): void {
    const line = projection.lineOf(recorded);
    if (line !== undefined) lines.push(line);
  }

  function apply(recorded: RecordedEvent, before: D | undefined): D {
    const after = projection.apply(before, recorded);
    changed.set(recorded.event.accountId, after);
    addLine(recorded);
    return after;
  }

  for (const recorded of batch) {
    const { accountId, version } = recorded.event;
    let document = changed.get(accountId) ?? current(accountId);
    const position = positionOf(document);
    if (version <= position.version) {
      // The document has it; that its line stands, nobody has said. A line that does stays as it is.
      addLine(recorded);
      repeated += 1;
      continue;
    }
    if (version > position.version + 1) {
      for await (const missing of readGap(position, recorded)) {
        if (missing.event.version < version) document = apply(missing, document);
      }
    }
    if (positionOf(document).version !== version - 1) {
      throw new IntegrityError(`account ${accountId}: the log has no version ${version - 1}`);
    }
    apply(recorded, document);
  }
  return { changed, lines, repeated };
}

const positionOf = (document: ProjectedDocument | undefined): Position =>
  document === undefined
    ? { version: 0, sequence: 0 }
    : { version: document.version, sequence: Number(document.sequence) };
