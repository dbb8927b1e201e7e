import type { FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import type { Transfer, TransferLeg } from '../../account/commands.ts';
import type { HttpServer } from '../../platform/http-types.ts';
import { invalidField, ProblemError } from '../../platform/problem.ts';
import { readUuid } from '../../platform/uuid.ts';
import type { CommandAnswer } from '../command.ts';
import type { CommandService } from '../command-service.ts';
import { commandProblems } from './problems.ts';
import { operationId, readAmount, readCommand, readText } from './read-command.ts';
import { CommandHeaders, TransferAnswer, TransferBody } from './schemas.ts';
import { doneAnswer } from './send-answer.ts';
import { transferView } from './transfer-view.ts';

/** Money from account to account. */
export function transferRoutes(server: HttpServer, execute: CommandService['execute']): void {
  server.post(
    '/transfers',
    {
      schema: {
        summary: 'Move money between accounts, all or nothing',
        description:
          'The key, If-Match and ETag are those of the account that pays, of several legs the first.',
        body: TransferBody,
        headers: CommandHeaders,
        response: {
          201: TransferAnswer,
          ...commandProblems(
            'account_frozen',
            'account_closed',
            'insufficient_funds',
            'balance_limit_exceeded',
            'currency_mismatch',
            'same_account',
          ),
        },
      },
    },
    async (request, reply) => {
      const legs = readLegs(request, request.body);
      const { reference } = request.body;
      const accountId = legs[0].from;
      const command: Transfer = {
        type: 'Transfer',
        transferId: operationId(request, accountId),
        legs,
        ...(reference !== undefined && { reference: readText('reference', reference) }),
      };
      const asLegs = request.body.legs !== undefined;
      const answer = await execute(readCommand(request, accountId, command));
      const done = doneAnswer(asLegs ? inLegs(answer) : answer, reply, accountId);
      return reply.code(201).send(transferView(command, done, asLegs));
    },
  );
}

/** The members of the only leg, as the command calls them and as a request that lists it does. */
const IN_LEGS: Readonly<Record<string, string>> = {
  fromAccountId: 'legs/0/from',
  toAccountId: 'legs/0/to',
  amount: 'legs/0/amount',
};

/** To the command a list of one leg is the same as its three members; a refusal names what was sent. */
function inLegs(answer: CommandAnswer): CommandAnswer {
  if (answer.kind !== 'refused' || answer.error.field === undefined) return answer;
  const field = IN_LEGS[answer.error.field] ?? answer.error.field;
  return { ...answer, error: { ...answer.error, field } };
}

type Body = Static<typeof TransferBody>;

/** @throws ProblemError naming the member that is missing, too many, or wrong. */
function readLegs(
  request: FastifyRequest,
  { fromAccountId, toAccountId, amount, legs }: Body,
): [TransferLeg, ...TransferLeg[]] {
  if (legs === undefined) {
    const from = required('fromAccountId', fromAccountId);
    const to = required('toAccountId', toAccountId);
    return [
      {
        from: readUuid('fromAccountId', from),
        to: readUuid('toAccountId', to),
        amount: readAmount(request, 'amount', required('amount', amount)),
      },
    ];
  }
  for (const [field, value] of Object.entries({ fromAccountId, toAccountId, amount })) {
    if (value !== undefined)
      throw invalidField(`/${field}`, `${field} and legs exclude each other`);
  }
  const [first, ...others] = legs.map((leg, index) => ({
    from: readUuid(`legs/${index}/from`, leg.from),
    to: readUuid(`legs/${index}/to`, leg.to),
    amount: readAmount(request, `legs/${index}/amount`, leg.amount),
  }));
  if (first === undefined) throw new ProblemError('invalid_request', 'legs must not be empty');
  return [first, ...others];
}

function required<T>(field: string, value: T | undefined): T {
  if (value === undefined) throw invalidField(`/${field}`, `${field} is missing`);
  return value;
}
