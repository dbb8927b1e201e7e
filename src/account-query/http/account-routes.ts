import type { FastifyRequest } from 'fastify';
import type { HttpServer } from '../../platform/http-types.ts';
import { accountAtTime, accountAtVersion } from '../past-account.ts';
import {
  accountNotFound,
  accountProblems,
  available,
  logAvailable,
  queryProblems,
} from './answers.ts';
import { isKnownVersion } from './entity-tag.ts';
import { readAccountList } from './read-account-list.ts';
import { readMoment } from './read-moment.ts';
import type { Moment } from './read-moment.ts';
import { readAccountId } from './read-request.ts';
import type { RouteOptions } from './route-options.ts';
import {
  AccountPage,
  AccountParams,
  AccountQuery,
  AccountView,
  AccountsQuery,
  ConditionHeaders,
  NotModified,
} from './schemas.ts';
import { accountView, pastAccountView } from './views.ts';

/** One account, as it is or was, and the list of them. */
export function accountRoutes(server: HttpServer, options: RouteOptions): void {
  const { store, log, untilVisible } = options;

  async function viewAt(request: FastifyRequest, accountId: string, moment: Moment | undefined) {
    if (moment === undefined) {
      const account = await available(request, () => store.account(accountId));
      return account && accountView(account);
    }
    const past = await logAvailable(request, log, async (current, signal) => {
      if ('time' in moment) return accountAtTime(current, accountId, moment.time, signal);
      const { version } = moment;
      const found = await accountAtVersion(current, accountId, version, signal);
      if (found !== undefined) return found;
      const head = await current.events.head(accountId, 'leader');
      if (head === undefined) return undefined;
      const at = head.event.version;
      throw accountNotFound(`the account has no version ${version} yet, it is at ${at}`);
    });
    if (past === undefined) throw accountNotFound('there was no account with this id then');
    return pastAccountView(past);
  }

  server.get(
    '/accounts/:accountId',
    {
      schema: {
        summary: 'One account',
        params: AccountParams,
        querystring: AccountQuery,
        headers: ConditionHeaders,
        response: { 200: AccountView, 304: NotModified, ...accountProblems },
      },
    },
    async (request, reply) => {
      const accountId = readAccountId(request.params.accountId);
      const moment = readMoment(request.query);
      await untilVisible(request.query.minSequence, accountId);
      const view = await viewAt(request, accountId, moment);
      if (view === undefined) throw accountNotFound();
      if (isKnownVersion(request, reply, view.version)) return reply.code(304).send();
      return view;
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
