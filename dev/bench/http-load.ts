import autocannon from 'autocannon';

/** Keep-alive connections of the load generator. */
export const CONNECTIONS = 64;

export interface LoadResult {
  /** 2xx answers a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Answers other than 2xx, and connection errors. */
  readonly failures: number;
}

/**
 * Deposits over HTTP from {@link CONNECTIONS} connections. Each connection goes round its own share
 * of the accounts, so that a bare service without a mailbox does not conflict with itself.
 */
export async function depositLoad(
  url: string,
  accountIds: readonly string[],
  length: { readonly seconds: number } | { readonly requests: number },
): Promise<LoadResult> {
  let connection = 0;
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
    ...('seconds' in length ? { duration: length.seconds } : { amount: length.requests }),
    setupClient(client) {
      const first = connection;
      connection += 1;
      const own = accountIds.filter((_, index) => index % CONNECTIONS === first);
      const targets = own.length > 0 ? own : accountIds;
      client.setRequests(
        targets.map((accountId) => ({
          method: 'POST' as const,
          path: `/accounts/${accountId}/deposit`,
          headers: { 'content-type': 'application/json' },
          body: '{"amount":1.00}',
        })),
      );
    },
  });
  return {
    rate: result['2xx'] / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    failures: result.non2xx + result.errors,
  };
}
