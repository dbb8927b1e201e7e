import type { Answer } from './http.ts';

export interface TimedAnswer {
  readonly answer: Answer;
  readonly milliseconds: number;
}

/** Sends `count` requests, as many at once as there are `clients`; the answers are in order. */
export async function timed(
  clients: number,
  count: number,
  send: (index: number) => Promise<Answer>,
): Promise<TimedAnswer[]> {
  const answers: TimedAnswer[] = [];
  let next = 0;
  async function client(): Promise<void> {
    for (let index = next++; index < count; index = next++) {
      const begin = performance.now();
      const answer = await send(index);
      answers[index] = { answer, milliseconds: performance.now() - begin };
    }
  }
  await Promise.all(Array.from({ length: clients }, client));
  return answers;
}

/** The time that 99 of 100 were answered in, in milliseconds. */
export function p99(answers: readonly TimedAnswer[]): number {
  const sorted = answers.map(({ milliseconds }) => milliseconds).toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
}
