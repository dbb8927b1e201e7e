/** Counts what was found and keeps the first by stream sequence: where all is wrong there are millions. */
export interface FirstBySequence<T> {
  add(found: readonly T[]): void;
  readonly count: () => number;
  /** In the order of the log. */
  list(): readonly T[];
}

export function firstBySequence<T extends { readonly sequence: number }>(
  limit: number,
): FirstBySequence<T> {
  let kept: T[] = [];
  let count = 0;
  const shorten = () => {
    kept = kept.toSorted((a, b) => a.sequence - b.sequence).slice(0, limit);
  };
  return {
    add(found) {
      count += found.length;
      kept = kept.concat(found);
      if (kept.length > 2 * limit) shorten();
    },
    count: () => count,
    list() {
      shorten();
      return kept;
    },
  };
}
