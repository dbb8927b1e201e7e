import type { CreateAccount } from '../../account/commands.ts';
import type { HttpServer } from '../../platform/http-types.ts';
import { readUuid } from '../../platform/uuid.ts';
import type { CommandService } from '../command-service.ts';
import { commandProblems } from './problems.ts';
import { readAmount, readCommand, readText, withDefaultCurrency } from './read-command.ts';
import {
  AccountAnswer,
  AccountParams,
  CommandHeaders,
  CreateAccountBody,
  MoneyBody,
} from './schemas.ts';
import { accountAnswer } from './send-answer.ts';

/** Opening an account, paying in, taking out. */
export function cashRoutes(
  server: HttpServer,
  execute: CommandService['execute'],
  defaultCurrency: string,
): void {
  server.post(
    '/accounts',
    {
      schema: {
        summary: 'Open an account',
        body: CreateAccountBody,
        headers: CommandHeaders,
        response: { 201: AccountAnswer, ...commandProblems() },
      },
    },
    async (request, reply) => {
      const { ownerName, currency, initialBalance } = request.body;
      const creation: CreateAccount = {
        type: 'CreateAccount',
        ownerName: readText('ownerName', ownerName),
        currency: currency ?? defaultCurrency,
        initialBalance: readAmount(request, 'initialBalance', initialBalance),
      };
      const command =
        currency === undefined
          ? withDefaultCurrency(request, creation)
          : readCommand(request, undefined, creation);
      const answer = await execute(command);
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
          response: {
            200: AccountAnswer,
            ...commandProblems(
              'account_frozen',
              'account_closed',
              'insufficient_funds',
              'balance_limit_exceeded',
            ),
          },
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
        return accountAnswer(await execute(command), reply);
      },
    );
  }
}
