import { randomInt } from 'node:crypto';
import autocannon from 'autocannon';

/** Keep-alive connections of the load generator. */
export const CONNECTIONS = 64;

/** Accounts of one connection's sample. */
const SAMPLE = 200;

export interface LoadResult {
  /** 2xx answers a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Answers other than 2xx, and connection errors. */
  readonly failures: number;
}

export type LoadLength = { readonly seconds: number } | { readonly requests: number };

/**
 * Deposits over HTTP from {@link CONNECTIONS} connections. Each connection goes round its own share
 * of the accounts, so that a bare service without a mailbox does not conflict with itself.
 */
export function depositLoad(
  url: string,
  accountIds: readonly string[],
  length: LoadLength,
  headers: Readonly<Record<string, string>> = {},
): Promise<LoadResult> {
  return load(url, CONNECTIONS, length, (connection) => {
    const own = accountIds.filter((_, index) => index % CONNECTIONS === connection);
    return (own.length > 0 ? own : accountIds).map((id) => {
      const request = deposit(id);
      return { ...request, headers: { ...request.headers, ...headers } };
    });
  });
}

/** As {@link depositLoad}, each of so many connections on an own sample of all the accounts. */
export function sampledLoad(
  url: string,
  connections: number,
  accountIds: readonly string[],
  length: LoadLength,
): Promise<LoadResult> {
  return load(url, connections, length, () =>
    Array.from({ length: SAMPLE }, () => deposit(accountIds[randomInt(accountIds.length)] ?? '')),
  );
}

/** Opens accounts, each with an id of its own. */
export function createLoad(url: string, length: LoadLength): Promise<LoadResult> {
  const create = post('/accounts', '{"ownerName":"Benchmark","initialBalance":1.00}');
  return load(url, CONNECTIONS, length, () => [create]);
}

const deposit = (accountId: string) => post(`/accounts/${accountId}/deposit`, '{"amount":1.00}');

function post(path: string, body: string): autocannon.Request {
  return { method: 'POST', path, headers: { 'content-type': 'application/json' }, body };
}

async function load(
  url: string,
  connections: number,
  length: LoadLength,
  requestsOf: (connection: number) => readonly autocannon.Request[],
): Promise<LoadResult> {
  let connection = 0;
  const result = await autocannon({
    url,
    connections,
    ...('seconds' in length ? { duration: length.seconds } : { amount: length.requests }),
    setupClient(client) {
      client.setRequests([...requestsOf(connection)]);
      connection += 1;
    },
  });
  return {
    rate: result['2xx'] / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    failures: result.non2xx + result.errors,
  };
}
