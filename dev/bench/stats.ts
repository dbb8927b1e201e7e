/** The middle value; the mean of the two middle ones for an even number. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  if (low === undefined || high === undefined) throw new RangeError('no values');
  return (low + high) / 2;
}

/** Calls `work` until the time is up, with so many calls under way at once; answers calls a second. */
export async function rateOf(
  milliseconds: number,
  concurrency: number,
  work: (worker: number) => Promise<number>,
): Promise<number> {
  const begin = performance.now();
  const end = begin + milliseconds;
  let done = 0;
  const workers = Array.from({ length: concurrency }, async (_, worker) => {
    while (performance.now() < end) {
      const more = await work(worker);
      done += more;
    }
  });
  await Promise.all(workers);
  return (done / (performance.now() - begin)) * 1000;
}
