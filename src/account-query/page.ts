/** A part of a longer list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Continues behind the last item; null at the end. */
  readonly nextCursor: string | null;
}

export interface PageRequest {
  /** 1 to 100. */
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** The page of what was found, where one more than the limit was asked for to know whether there is a next. */
export function pageOf<T>(
  found: readonly T[],
  limit: number,
  cursorAfter: (item: T) => string,
): Page<T> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const more = found.length > limit && last !== undefined;
  return { items, nextCursor: more ? cursorAfter(last) : null };
}
