import type { HttpServer } from '../../platform/http-types.ts';
import { readUuid } from '../../platform/uuid.ts';
import type { CommandService } from '../command-service.ts';
import { emptyBody } from './empty-body.ts';
import { commandProblems } from './problems.ts';
import { readAmount, readCommand, readText } from './read-command.ts';
import {
  AccountAnswer,
  AccountParams,
  CommandHeaders,
  LimitBody,
  OptionalReasonBody,
  ReasonBody,
} from './schemas.ts';
import { accountAnswer } from './send-answer.ts';

/** Freezing, unfreezing and closing an account, and its overdraft. */
export function lifeCycleRoutes(server: HttpServer, execute: CommandService['execute']): void {
  server.post(
    '/accounts/:accountId/freeze',
    {
      schema: {
        summary: 'Let nothing out of the account',
        params: AccountParams,
        body: ReasonBody,
        headers: CommandHeaders,
        response: { 200: AccountAnswer, ...commandProblems('account_frozen', 'account_closed') },
      },
    },
    async (request, reply) => {
      const accountId = readUuid('accountId', request.params.accountId);
      const reason = readText('reason', request.body.reason);
      const command = readCommand(request, accountId, { type: 'FreezeAccount', reason });
      return accountAnswer(await execute(command), reply);
    },
  );

  for (const { verb, type, summary, problems } of [
    {
      verb: 'unfreeze',
      type: 'UnfreezeAccount',
      summary: 'Open a frozen account again',
      problems: ['account_not_frozen', 'account_closed'],
    },
    {
      verb: 'close',
      type: 'CloseAccount',
      summary: 'Close an account without money and holds, for ever',
      problems: ['account_not_empty', 'account_frozen', 'account_closed'],
    },
  ] as const) {
    server.post(
      `/accounts/:accountId/${verb}`,
      {
        preValidation: emptyBody,
        schema: {
          summary,
          params: AccountParams,
          body: OptionalReasonBody,
          headers: CommandHeaders,
          response: { 200: AccountAnswer, ...commandProblems(...problems) },
        },
      },
      async (request, reply) => {
        const accountId = readUuid('accountId', request.params.accountId);
        const { reason } = request.body;
        const command = readCommand(request, accountId, {
          type,
          ...(reason !== undefined && { reason: readText('reason', reason) }),
        });
        return accountAnswer(await execute(command), reply);
      },
    );
  }

  server.put(
    '/accounts/:accountId/overdraft-limit',
    {
      schema: {
        summary: 'Set how far below 0 the balance may go',
        params: AccountParams,
        body: LimitBody,
        headers: CommandHeaders,
        response: { 200: AccountAnswer, ...commandProblems('overdraft_in_use', 'account_closed') },
      },
    },
    async (request, reply) => {
      const accountId = readUuid('accountId', request.params.accountId);
      const limit = readAmount(request, 'limit', request.body.limit);
      const command = readCommand(request, accountId, { type: 'SetOverdraftLimit', limit });
      return accountAnswer(await execute(command), reply);
    },
  );
}
