import type { HttpServer } from '../../platform/http-types.ts';
import { accountNotFound, accountProblems, available } from './answers.ts';
import { readAccountId } from './read-request.ts';
import type { RouteOptions } from './route-options.ts';
import { AccountParams, PageQuery, TransactionPage } from './schemas.ts';
import { transactionView } from './views.ts';

/** The account's statement. */
export function statementRoutes(server: HttpServer, { store, untilVisible }: RouteOptions): void {
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
      const accountId = readAccountId(request.params.accountId);
      const { minSequence, ...page } = request.query;
      await untilVisible(minSequence, accountId);
      const [account, lines] = await available(request, () =>
        Promise.all([store.account(accountId), store.transactions(accountId, page)]),
      );
      if (account === undefined) throw accountNotFound();
      return { items: lines.items.map(transactionView), nextCursor: lines.nextCursor };
    },
  );
}
