/** Items in the order they came, and what was given along with the newest of them. */
export interface Batch<T, L> {
  readonly items: readonly T[];
  /** Undefined where there are no items. */
  readonly last: L | undefined;
}

/**
 * Hands on what has come in as batches: all that is there when the last batch has been worked on, at
 * most `size` at once. Small batches while little comes in, large ones while catching up.
 */
export interface BatchQueue<T, L> {
  push(item: T, last: L): void;
  /** Hands on a batch without items, unless there are some. */
  wake(): void;
  /** No more items come; those there are still handed on. */
  end(): void;
  batches(): AsyncGenerator<Batch<T, L>, undefined>;
}

export function batchQueue<T, L>(size: number): BatchQueue<T, L> {
  const waiting: { readonly items: T[]; last: L | undefined }[] = [];
  let ended = false;
  let arrival: PromiseWithResolvers<void> = Promise.withResolvers();

  return {
    push(item, last) {
      const open = waiting.at(-1);
      if (open === undefined || open.items.length >= size) {
        waiting.push({ items: [item], last });
      } else {
        open.items.push(item);
        open.last = last;
      }
      arrival.resolve();
    },
    wake() {
      if (waiting.length === 0) waiting.push({ items: [], last: undefined });
      arrival.resolve();
    },
    end() {
      ended = true;
      arrival.resolve();
    },
    async *batches() {
      for (;;) {
        await arrival.promise;
        for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
          yield batch;
        }
        if (ended) return undefined;
        arrival = Promise.withResolvers();
      }
    },
  };
}
