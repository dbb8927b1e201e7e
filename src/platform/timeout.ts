/** Thrown by {@link withTimeout} and {@link withStallTimeout}. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/** The promise's outcome, or a TimeoutError when it takes longer; the work itself goes on unheard. */
export async function withTimeout<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new TimeoutError(`no answer within ${milliseconds} ms`)),
      milliseconds,
    );
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The outcome of work of any length, or a TimeoutError when it makes no progress for so long. Work that
 * was given up ends at its next sign of progress, which throws.
 */
export async function withStallTimeout<T>(
  work: (onProgress: () => void) => Promise<T>,
  milliseconds: number,
): Promise<T> {
  const { promise: stalled, reject } = Promise.withResolvers<never>();
  let error: TimeoutError | undefined;
  const timer = setTimeout(() => {
    error = new TimeoutError(`no answer within ${milliseconds} ms`);
    reject(error);
  }, milliseconds);
  function onProgress(): void {
    if (error !== undefined) throw error;
    timer.refresh();
  }
  try {
    return await Promise.race([work(onProgress), stalled]);
  } finally {
    clearTimeout(timer);
  }
}
