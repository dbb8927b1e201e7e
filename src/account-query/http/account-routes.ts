import type { HttpServer } from '../../platform/http-types.ts';
import { accountNotFound, accountProblems, available, queryProblems } from './answers.ts';
import { readAccountId } from './read-request.ts';
import type { RouteOptions } from './route-options.ts';
import { AccountPage, AccountParams, AccountQuery, AccountView, PageQuery } from './schemas.ts';
import { accountView } from './views.ts';

/** One account, and the list of them. */
export function accountRoutes(server: HttpServer, { store, untilVisible }: RouteOptions): void {
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
      const accountId = readAccountId(request.params.accountId);
      await untilVisible(request.query.minSequence, accountId);
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
      await untilVisible(minSequence);
      const { items, nextCursor } = await available(request, () => store.accounts(page));
      return { items: items.map(accountView), nextCursor };
    },
  );
}
