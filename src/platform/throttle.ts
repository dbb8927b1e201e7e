/**
 * The function, called at most once in so many milliseconds; calls in between are dropped. For log
 * lines that a fault could repeat thousands of times a second; metrics count every one.
 */
export function atMostEvery<A extends unknown[]>(
  milliseconds: number,
  call: (...args: A) => void,
): (...args: A) => void {
  let next = 0;
  return (...args) => {
    const now = performance.now();
    if (now < next) return;
    next = now + milliseconds;
    call(...args);
  };
}
