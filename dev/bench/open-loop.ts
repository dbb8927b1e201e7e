import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Keep-alive connections; a request that finds none free waits, and its latency counts that. */
const CONNECTIONS = 256;

export interface Latencies {
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * Deposits at a fixed rate, whether the earlier ones are answered or not. A latency counts from the
 * time that the request was due, not from when it got away: a service that stalls is charged for
 * all that would have come meanwhile (no coordinated omission).
 * @throws Error when an answer is not 200.
 */
export async function openLoop(
  url: string,
  accountIds: readonly string[],
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<Latencies> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const total = Math.round(perSecond * seconds);
  const latencies: number[] = [];
  const pending: Promise<void>[] = [];
  const begin = performance.now();
  while (pending.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - begin) / 1000) * perSecond));
    while (pending.length < due) {
      const scheduled = begin + (pending.length / perSecond) * 1000;
      const accountId = accountIds[pending.length % accountIds.length] ?? '';
      const answered = deposit(agent, `${url}/accounts/${accountId}/deposit`).then(() => {
        latencies.push(performance.now() - scheduled);
      });
      pending.push(answered);
    }
    await sleep(1);
  }
  await Promise.all(pending);
  agent.destroy();
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.ceil(latencies.length * share) - 1] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

const BODY = '{"amount":1.00}';
const HEADERS = { 'content-type': 'application/json', 'content-length': BODY.length };

function deposit(agent: Agent, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method: 'POST', headers: HEADERS }, (response) => {
      response.resume();
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`a deposit was answered ${String(response.statusCode)}`));
      });
    });
    sent.on('error', reject);
    sent.end(BODY);
  });
}
