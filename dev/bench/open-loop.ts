import { setTimeout as sleep } from 'node:timers/promises';
import { OPEN_LOOP_CONNECTIONS } from './exchange.ts';
import { lightClient } from './light-client.ts';

export interface Latencies {
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** So many calls a second, for so long or until the signal is aborted. */
export type Pace = { readonly perSecond: number } & (
  { readonly seconds: number } | { readonly signal: AbortSignal }
);

/**
 * Calls `work` at a fixed rate, whether the earlier calls are done or not; `due` is when the call
 * should begin, as performance.now() counts. Resolves once all are done. @throws what a call throws.
 */
export async function atRate(
  pace: Pace,
  work: (index: number, due: number) => Promise<void>,
): Promise<void> {
  const { perSecond } = pace;
  const total = 'seconds' in pace ? Math.round(perSecond * pace.seconds) : Infinity;
  const stopped = () => 'signal' in pace && pace.signal.aborted;
  const pending: Promise<void>[] = [];
  const begin = performance.now();
  while (pending.length < total && !stopped()) {
    const due = Math.min(total, Math.floor(((performance.now() - begin) / 1000) * perSecond));
    while (pending.length < due) {
      pending.push(work(pending.length, begin + (pending.length / perSecond) * 1000));
    }
    await sleep(1);
  }
  await Promise.all(pending);
}

/**
 * Deposits at a fixed rate, whether the earlier ones are answered or not. A latency counts from the
 * time that the request was due, not from when it got away: a service that stalls is charged for
 * all that would have come meanwhile (no coordinated omission). Connections are open before, as those
 * of a client are that runs: opening them all at once took some 50 ms, and made one in a hundred slow.
 * @throws Error when an answer is not 200.
 */
export async function openLoop(
  url: string,
  accountIds: readonly string[],
  pace: Pace,
): Promise<Latencies> {
  const client = await lightClient(url, OPEN_LOOP_CONNECTIONS);
  const latencies: number[] = [];
  await atRate(pace, async (index, due) => {
    const accountId = accountIds[index % accountIds.length] ?? '';
    const status = await client.post(`/accounts/${accountId}/deposit`, '{"amount":1.00}');
    if (status !== 200) throw new Error(`a deposit was answered ${status}`);
    latencies.push(performance.now() - due);
  });
  client.close();
  return latenciesIn(latencies);
}

export function latenciesIn(milliseconds: readonly number[]): Latencies {
  const sorted = [...milliseconds].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}
