/** What an item goes through, in order. */
export type Stage<T> = (item: T) => Promise<void>;

/**
 * Items pass through the stages side by side. The first stage takes each as it comes, whatever else
 * is in it; from the second on, a stage works on one at a time, in the order they came.
 */
export interface Pipeline<T> {
  /** Resolves once there is room for the item: `depth` are on their way at most. */
  push(item: T): Promise<void>;
  /** Settles once nothing is on its way, also after a failure. */
  drained(): Promise<void>;
}

/** After a failure of any stage nothing more is begun, and every call rejects with it. */
export function pipeline<T>(stages: readonly Stage<T>[], depth: number): Pipeline<T> {
  /** The end of each stage's last item. */
  const ends: Promise<void>[] = stages.map(() => Promise.resolve());
  const onTheirWay: Promise<void>[] = [];
  let failure: { readonly error: unknown } | undefined;

  /** Settles after both, so that nothing of an item is under way once its end has settled. */
  async function pass(stage: Stage<T>, item: T, before: Promise<void>, free: Promise<void>) {
    await Promise.allSettled([before, free]);
    if (failure !== undefined) throw failure.error;
    try {
      await stage(item);
    } catch (error) {
      failure ??= { error };
      throw error;
    }
  }

  return {
    async push(item) {
      if (onTheirWay.length >= depth) {
        await onTheirWay[0];
        void onTheirWay.shift();
      }
      if (failure !== undefined) throw failure.error;
      let end = Promise.resolve();
      for (const [index, stage] of stages.entries()) {
        end = pass(stage, item, end, index === 0 ? end : (ends[index] ?? end));
        // Whoever pushes next or waits hears of it.
        end.catch(() => undefined);
        ends[index] = end;
      }
      onTheirWay.push(end);
    },
    async drained() {
      await Promise.allSettled(onTheirWay);
      if (failure !== undefined) throw failure.error;
    },
  };
}
