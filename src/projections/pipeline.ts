/** What an item goes through, in order. */
export type Stage<T> = (item: T) => Promise<void>;

/**
 * Items pass through the stages in the order they came; each stage works on one item at a time, and
 * the stages work side by side.
 */
export interface Pipeline<T> {
  /** Resolves once there is room for the item: `depth` are on their way at most. */
  push(item: T): Promise<void>;
  /** Resolves once nothing is on its way. */
  drained(): Promise<void>;
}

/** After a failure of any stage nothing more goes through, and every call rejects with it. */
export function pipeline<T>(stages: readonly Stage<T>[], depth: number): Pipeline<T> {
  const ends: Promise<void>[] = stages.map(() => Promise.resolve());
  const onTheirWay: Promise<void>[] = [];
  let failure: { readonly error: unknown } | undefined;

  return {
    async push(item) {
      if (onTheirWay.length >= depth) await onTheirWay.shift();
      if (failure !== undefined) throw failure.error;
      let before = Promise.resolve();
      for (const [index, stage] of stages.entries()) {
        const free = ends[index] ?? before;
        before = Promise.all([before, free]).then(() => stage(item));
        ends[index] = before;
        before.catch((error: unknown) => {
          failure ??= { error };
        });
      }
      onTheirWay.push(before);
    },
    async drained() {
      await ends.at(-1);
    },
  };
}
