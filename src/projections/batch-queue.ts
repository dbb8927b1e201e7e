/**
 * Hands on what has come in as batches: all that is there when the last batch has been worked on, at
 * most `size` at once. Small batches while little comes in, large ones while catching up.
 */
export interface BatchQueue<T> {
  push(item: T): void;
  /** No more items come; those there are still handed on. */
  end(): void;
  batches(): AsyncGenerator<readonly T[]>;
}

export function batchQueue<T>(size: number): BatchQueue<T> {
  let items: T[] = [];
  let ended = false;
  let arrival: PromiseWithResolvers<void> = Promise.withResolvers();

  return {
    push(item) {
      items.push(item);
      arrival.resolve();
    },
    end() {
      ended = true;
      arrival.resolve();
    },
    async *batches() {
      for (;;) {
        await arrival.promise;
        while (items.length > 0) {
          const batch = items.slice(0, size);
          items = items.slice(size);
          yield batch;
        }
        if (ended) return;
        arrival = Promise.withResolvers();
      }
    },
  };
}
