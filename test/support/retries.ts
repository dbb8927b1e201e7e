import type { Answer } from './http.ts';

const MOST_TRIES = 50;
/** "Others changed it", "not now", "nobody knows": the contract says to send the same once more. */
const TRY_AGAIN: readonly number[] = [409, 503, 504];

/** Sends until the answer is final, as a client with an idempotency key does. */
export async function persistently(send: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const answer = await send();
    if (!TRY_AGAIN.includes(answer.status) || tries === MOST_TRIES) return answer;
  }
}
