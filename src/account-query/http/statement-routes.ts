import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { HttpServer } from '../../platform/http-types.ts';
import type { TransactionDocument } from '../../projections/transactions.ts';
import type { StatementRange } from '../statement.ts';
import { accountNotFound, accountProblems, available } from './answers.ts';
import { csvRecord } from './csv.ts';
import { invalid, readAccountId } from './read-request.ts';
import { readTime } from '../../platform/read-time.ts';
import type { RouteOptions } from './route-options.ts';
import { AccountParams, StatementQuery, TransactionPage, TransactionView } from './schemas.ts';
import { sendStream } from './send-stream.ts';
import { transactionView } from './views.ts';

const CSV = 'text/csv';

/** A client that has taken nothing for so long is cut off, in milliseconds. */
const STALLED_MS = 30_000;

/** The account's statement, as pages or whole. */
export function statementRoutes(server: HttpServer, options: RouteOptions): void {
  const { store, untilVisible, stopping } = options;
  server.get(
    '/accounts/:accountId/transactions',
    {
      schema: {
        summary: 'The account’s statement, newest first; with Accept: text/csv whole',
        params: AccountParams,
        querystring: StatementQuery,
        response: {
          200: {
            description: 'A page of lines, or as CSV the whole range whatever the limit.',
            content: {
              'application/json': { schema: TransactionPage },
              [CSV]: { schema: Type.String() },
            },
          },
          ...accountProblems,
        },
      },
    },
    async (request, reply) => {
      const accountId = readAccountId(request.params.accountId);
      const { minSequence, limit, cursor, ...times } = request.query;
      const range = readRange(times);
      reply.header('vary', 'accept');
      const csv = prefersCsv(request.headers.accept);
      if (csv && cursor !== undefined)
        throw invalid('cursor', 'cursor is not for CSV: it is whole');
      await untilVisible(minSequence, accountId);
      const account = await available(request, () => store.account(accountId));
      if (account === undefined) throw accountNotFound();
      const statement = { accountId, version: account.version, ...range };
      if (csv) return sendCsv(request, reply, statement);
      const { items, nextCursor } = await available(request, () =>
        store.transactions(statement, { limit, cursor }),
      );
      return reply.send({ items: items.map(transactionView), nextCursor });
    },
  );

  async function sendCsv(request: FastifyRequest, reply: FastifyReply, range: StatementRange) {
    const { accountId } = range;
    const lines = store.allTransactions(range);
    reply.raw.once('close', () => void lines.return(undefined));
    // The first lines before the headers: what fails until then can still be answered as a problem.
    const first = await available(request, () => lines.next());
    reply.type(`${CSV}; charset=utf-8; header=present`);
    reply.header('content-disposition', `attachment; filename="statement-${accountId}.csv"`);
    return sendStream(reply, csvOf(first, lines), { stopping, stalledMs: STALLED_MS });
  }
}

/** @throws ProblemError `invalid_request` naming the parameter. */
function readRange(times: { readonly from?: string; readonly to?: string }) {
  const from = times.from === undefined ? undefined : readTime('from', times.from, 'up');
  const to = times.to === undefined ? undefined : readTime('to', times.to, 'up');
  if (from !== undefined && to !== undefined && from > to) {
    throw invalid('to', 'to must not be before from');
  }
  return { from, to };
}

type Column = keyof ReturnType<typeof transactionView>;

/** The members of the JSON, in their order. */
const COLUMNS = Object.keys(TransactionView.properties) as Column[];

async function* csvOf(
  first: IteratorResult<readonly TransactionDocument[], unknown>,
  rest: AsyncGenerator<readonly TransactionDocument[]>,
): AsyncGenerator<string> {
  yield csvRecord(COLUMNS);
  for (let next = first; next.done !== true; next = await rest.next()) {
    const views = next.value.map(transactionView);
    yield views.map((view) => csvRecord(COLUMNS.map((column) => view[column]))).join('');
  }
}

/** Whether the client asks for CSV, and for JSON not more (RFC 9110, 12.5.1; wildcards mean JSON). */
function prefersCsv(accept = ''): boolean {
  const qualities = new Map(accept.toLowerCase().split(',').map(mediaRange));
  const csv = qualities.get(CSV) ?? 0;
  return csv > 0 && csv >= (qualities.get('application/json') ?? 0);
}

function mediaRange(text: string): [type: string, quality: number] {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim());
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  return [type, quality === undefined ? 1 : Number(quality.slice(2)) || 0];
}
