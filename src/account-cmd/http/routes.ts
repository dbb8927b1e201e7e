import type { AccountCommand } from '../../account/commands.ts';
import type { HttpServer } from '../../platform/http-types.ts';
import { ProblemError } from '../../platform/problem.ts';
import { problemResponses } from '../../platform/problem-schema.ts';
import { readUuid } from '../../platform/uuid.ts';
import type { CommandService } from '../command-service.ts';
import { readAmount, readCommand, readText } from './read-command.ts';
import {
  AccountAnswer,
  AccountParams,
  CommandHeaders,
  CreateAccountBody,
  MoneyBody,
} from './schemas.ts';
import { accountAnswer } from './send-answer.ts';

export interface RouteOptions {
  /** The command service, or why there is none right now. */
  readonly service: () => CommandService | { readonly unavailable: string };
  /** ISO 4217 code of accounts created without one. */
  readonly defaultCurrency: string;
}

const commandProblems = problemResponses(
  'invalid_request',
  'invalid_amount',
  'account_not_found',
  'concurrent_update',
  'version_mismatch',
  'payload_too_large',
  'unsupported_media_type',
  'insufficient_funds',
  'balance_limit_exceeded',
  'idempotency_key_reused',
  'overloaded',
  'unavailable',
  'outcome_unknown',
);

/** The commands of the HTTP contract. */
export function commandRoutes(
  server: HttpServer,
  { service, defaultCurrency }: RouteOptions,
): void {
  function availableService(): CommandService {
    const current = service();
    if (!('unavailable' in current)) return current;
    throw new ProblemError('unavailable', `${current.unavailable}; nothing was done`, {
      retryAfterSeconds: 1,
    });
  }

  server.post(
    '/accounts',
    {
      schema: {
        summary: 'Open an account',
        body: CreateAccountBody,
        headers: CommandHeaders,
        response: { 201: AccountAnswer, ...commandProblems },
      },
    },
    async (request, reply) => {
      const { ownerName, currency = defaultCurrency, initialBalance } = request.body;
      const command: AccountCommand = {
        type: 'CreateAccount',
        ownerName: readText('ownerName', ownerName),
        currency,
        initialBalance: readAmount(request, 'initialBalance', initialBalance),
      };
      const answer = await availableService().execute(readCommand(request, undefined, command));
      const account = accountAnswer(answer, reply);
      return reply.code(201).header('location', `/accounts/${account.accountId}`).send(account);
    },
  );

  for (const { verb, type, summary } of [
    { verb: 'deposit', type: 'Deposit', summary: 'Pay money in' },
    { verb: 'withdraw', type: 'Withdraw', summary: 'Take money out' },
  ] as const) {
    server.post(
      `/accounts/:accountId/${verb}`,
      {
        schema: {
          summary,
          params: AccountParams,
          body: MoneyBody,
          headers: CommandHeaders,
          response: { 200: AccountAnswer, ...commandProblems },
        },
      },
      async (request, reply) => {
        const accountId = readUuid('accountId', request.params.accountId);
        const { reference } = request.body;
        const command = readCommand(request, accountId, {
          type,
          amount: readAmount(request, 'amount', request.body.amount),
          ...(reference !== undefined && { reference: readText('reference', reference) }),
        });
        return accountAnswer(await availableService().execute(command), reply);
      },
    );
  }
}
