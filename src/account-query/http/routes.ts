import type { FastifyRequest } from 'fastify';
import type { HttpServer } from '../../platform/http-types.ts';
import { ProblemError } from '../../platform/problem.ts';
import { withTimeout } from '../../platform/timeout.ts';
import { problemResponses } from '../../platform/problem-schema.ts';
import { readUuid } from '../../platform/uuid.ts';
import type { ReadStore } from '../read-store.ts';
import {
  AccountPage,
  AccountParams,
  AccountQuery,
  AccountView,
  PageQuery,
  TransactionPage,
} from './schemas.ts';
import { accountView, transactionView } from './views.ts';

export interface RouteOptions {
  readonly store: ReadStore;
  /**
   * Waits until every event up to the stream sequence shows, of the account or of all.
   * @throws ProblemError `unavailable` when the read models do not get there in time.
   */
  readonly untilVisible: (sequence: number, accountId?: string) => Promise<void>;
}

/** A query that MongoDB does not answer in time is given up, in milliseconds. */
const QUERY_TIMEOUT_MS = 3_000;

const queryProblems = problemResponses('invalid_request', 'unavailable');
const accountProblems = problemResponses('invalid_request', 'account_not_found', 'unavailable');

/** The queries of the HTTP contract. */
export function queryRoutes(server: HttpServer, { store, untilVisible }: RouteOptions): void {
  const waitUntilVisible = async (sequence: number | undefined, accountId?: string) => {
    if (sequence !== undefined) await untilVisible(sequence, accountId);
  };

  server.get(
    '/accounts/:accountId',
    {
      schema: {
        summary: 'One account',
        params: AccountParams,
        querystring: AccountQuery,
        response: { 200: AccountView, ...accountProblems },
      },
    },
    async (request, reply) => {
      const accountId = readUuid('accountId', request.params.accountId);
      await waitUntilVisible(request.query.minSequence, accountId);
      const account = await available(request, () => store.account(accountId));
      if (account === undefined) throw accountNotFound();
      reply.header('etag', `"${account.version}"`);
      return accountView(account);
    },
  );

  server.get(
    '/accounts',
    {
      schema: {
        summary: 'All accounts, oldest first',
        querystring: PageQuery,
        response: { 200: AccountPage, ...queryProblems },
      },
    },
    async (request) => {
      const { minSequence, ...page } = request.query;
      await waitUntilVisible(minSequence);
      const { items, nextCursor } = await available(request, () => store.accounts(page));
      return { items: items.map(accountView), nextCursor };
    },
  );

  server.get(
    '/accounts/:accountId/transactions',
    {
      schema: {
        summary: 'The account’s statement, newest first',
        params: AccountParams,
        querystring: PageQuery,
        response: { 200: TransactionPage, ...accountProblems },
      },
    },
    async (request) => {
      const accountId = readUuid('accountId', request.params.accountId);
      const { minSequence, ...page } = request.query;
      await waitUntilVisible(minSequence, accountId);
      const [account, lines] = await available(request, () =>
        Promise.all([store.account(accountId), store.transactions(accountId, page)]),
      );
      if (account === undefined) throw accountNotFound();
      return { items: lines.items.map(transactionView), nextCursor: lines.nextCursor };
    },
  );
}

const accountNotFound = () =>
  new ProblemError(
    'account_not_found',
    'there is no account with this id; one just created shows up with minSequence',
  );

/** Answers 503 where MongoDB does not: commands go on meanwhile, and so will this. */
async function available<T>(request: FastifyRequest, query: () => Promise<T>): Promise<T> {
  try {
    return await withTimeout(query(), QUERY_TIMEOUT_MS);
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    request.log.warn({ error, requestId: request.id }, 'MongoDB did not answer a query');
    const detail = 'the read models cannot be read right now; commands go on meanwhile';
    throw new ProblemError('unavailable', detail, { retryAfterSeconds: 1, cause: error });
  }
}
