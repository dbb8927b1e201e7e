import { accountHistory } from '../account-history.ts';
import type { HttpServer } from '../../platform/http-types.ts';
import { accountNotFound, accountProblems, logAvailable } from './answers.ts';
import { readAccountId } from './read-request.ts';
import type { RouteOptions } from './route-options.ts';
import { AccountParams, EventPage, EventsQuery } from './schemas.ts';

/** The events of an account as the log has them. */
export function historyRoutes(server: HttpServer, options: RouteOptions): void {
  const { store, log, untilVisible } = options;
  server.get(
    '/accounts/:accountId/events',
    {
      schema: {
        summary: 'The account’s events in the log, oldest first',
        params: AccountParams,
        querystring: EventsQuery,
        response: { 200: EventPage, ...accountProblems },
      },
    },
    async (request) => {
      const accountId = readAccountId(request.params.accountId);
      const { minSequence, ...page } = request.query;
      await untilVisible(minSequence, accountId);
      // Where the read models are away, the search begins at the beginning.
      const hint = (version: number) => store.sequenceBefore(accountId, version).catch(() => 0);
      const found = await logAvailable(request, log, ({ events }, signal) =>
        accountHistory(events, accountId, page, hint, signal),
      );
      if (found === undefined) throw accountNotFound();
      return { items: [...found.items], nextCursor: found.nextCursor };
    },
  );
}
