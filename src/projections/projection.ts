import type { IndexDescription } from 'mongodb';
import type { RecordedEvent } from '../account/events.ts';

/**
 * A read model as its author writes it: where it lives and what an event makes of it. The runtime
 * owns the rest: consuming, batches, guarded writes, checkpoint, parking, restart, rebuild.
 */
export interface Projection<D extends ProjectedDocument = ProjectedDocument> {
  readonly name: string;
  /** Raised when the documents' shape changes: a build of another shape is neither read nor written. */
  readonly version: number;
  /** One document an account, replaced as a whole by each event. */
  readonly documents: CollectionSpec;
  /** One document a line, written once: what `lineOf` answers. */
  readonly lines: CollectionSpec;
  /**
   * The account's document after the event; called for versions 1, 2, 3 ... in order. Pure.
   * @throws Error when the event cannot follow the document: the account is then parked.
   */
  apply(document: D | undefined, recorded: RecordedEvent): D;
  /** The line that the event adds, if it adds one. Pure. */
  lineOf(recorded: RecordedEvent): ProjectedLine | undefined;
}

export interface CollectionSpec {
  /** The collection's name without its build: `accounts` stands in `accounts_v1`, `accounts_v2` ... */
  readonly name: string;
  readonly indexes: readonly IndexDescription[];
}

/** What the runtime must know of a document; `bigint` is stored as Int64. */
export interface ProjectedDocument {
  /** The account's id. */
  readonly _id: string;
  /** Version of the last event applied: the guard against repeats and gaps. */
  readonly version: number;
  /** Stream sequence of the last event applied. */
  readonly sequence: bigint;
}

export interface ProjectedLine {
  /** `<accountId>:<version>`: a repeat meets itself. */
  readonly _id: string;
}
