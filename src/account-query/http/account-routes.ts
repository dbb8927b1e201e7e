import type { HttpServer } from '../../platform/http-types.ts';
import { accountNotFound, accountProblems, available, queryProblems } from './answers.ts';
import { readAccountList } from './read-account-list.ts';
import { readAccountId } from './read-request.ts';
import type { RouteOptions } from './route-options.ts';
import { AccountPage, AccountParams, AccountQuery, AccountView, AccountsQuery } from './schemas.ts';
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
        summary: 'Accounts by owner, currency and balance',
        querystring: AccountsQuery,
        response: { 200: AccountPage, ...queryProblems },
      },
    },
    async (request) => {
      const { minSequence, limit, cursor } = request.query;
      const list = readAccountList(request.query);
      await untilVisible(minSequence);
      const { items, nextCursor } = await available(request, () =>
        store.accounts(list, { limit, cursor }),
      );
      return { items: items.map(accountView), nextCursor };
    },
  );
}
