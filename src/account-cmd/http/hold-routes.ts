import type { HttpServer } from '../../platform/http-types.ts';
import { readTime } from '../../platform/read-time.ts';
import { readUuid } from '../../platform/uuid.ts';
import type { CommandService } from '../command-service.ts';
import { emptyBody } from './empty-body.ts';
import { holdView } from './hold-view.ts';
import { commandProblems } from './problems.ts';
import { operationId, readAmount, readCommand, readText } from './read-command.ts';
import {
  AccountParams,
  CaptureBody,
  CommandHeaders,
  EmptyBody,
  HoldAnswer,
  HoldBody,
  HoldParams,
} from './schemas.ts';
import { doneAnswer } from './send-answer.ts';

/** Money set aside: placed, captured, released. */
export function holdRoutes(server: HttpServer, execute: CommandService['execute']): void {
  server.post(
    '/accounts/:accountId/holds',
    {
      schema: {
        summary: 'Set money aside',
        params: AccountParams,
        body: HoldBody,
        headers: CommandHeaders,
        response: {
          201: HoldAnswer,
          ...commandProblems(
            'account_frozen',
            'account_closed',
            'insufficient_funds',
            'too_many_holds',
          ),
        },
      },
    },
    async (request, reply) => {
      const accountId = readUuid('accountId', request.params.accountId);
      const { amount, expiresAt, reference } = request.body;
      const command = readCommand(request, accountId, {
        type: 'PlaceHold',
        holdId: operationId(request, accountId),
        amount: readAmount(request, 'amount', amount),
        ...(expiresAt !== undefined && {
          expiresAt: readTime('expiresAt', expiresAt, 'up', 'body').getTime(),
        }),
        ...(reference !== undefined && { reference: readText('reference', reference) }),
      });
      const hold = holdView(doneAnswer(await execute(command), reply));
      return reply.code(201).send(hold);
    },
  );

  server.post(
    '/accounts/:accountId/holds/:holdId/capture',
    {
      preValidation: emptyBody,
      schema: {
        summary: 'Take what was set aside, whole or in part; the rest is available again',
        params: HoldParams,
        body: CaptureBody,
        headers: CommandHeaders,
        response: {
          200: HoldAnswer,
          ...commandProblems('hold_not_found', 'account_frozen', 'account_closed', 'hold_exceeded'),
        },
      },
    },
    async (request, reply) => {
      const accountId = readUuid('accountId', request.params.accountId);
      const { amount } = request.body;
      const command = readCommand(request, accountId, {
        type: 'CaptureHold',
        holdId: readUuid('holdId', request.params.holdId),
        ...(amount !== undefined && { amount: readAmount(request, 'amount', amount) }),
      });
      return holdView(doneAnswer(await execute(command), reply));
    },
  );

  server.post(
    '/accounts/:accountId/holds/:holdId/release',
    {
      preValidation: emptyBody,
      schema: {
        summary: 'Make what was set aside available again',
        params: HoldParams,
        body: EmptyBody,
        headers: CommandHeaders,
        response: { 200: HoldAnswer, ...commandProblems('hold_not_found', 'account_closed') },
      },
    },
    async (request, reply) => {
      const accountId = readUuid('accountId', request.params.accountId);
      const holdId = readUuid('holdId', request.params.holdId);
      const command = readCommand(request, accountId, { type: 'ReleaseHold', holdId });
      return holdView(doneAnswer(await execute(command), reply));
    },
  );
}
