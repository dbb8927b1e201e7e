import type { FastifyReply } from 'fastify';
import { invalidField, ProblemError } from '../../platform/problem.ts';
import type { CommandAnswer } from '../command.ts';
import { accountView } from './account-view.ts';

/** When a client should come back, in seconds. */
const RETRY_AFTER_SECONDS = 1;

export type Done = Extract<CommandAnswer, { readonly kind: 'done' }>;

/**
 * The answer of a command that is done, with its headers set. `accountId`: of the account that If-Match
 * is about, where the request names others too.
 * @throws ProblemError for every way a command can fail.
 */
export function doneAnswer(answer: CommandAnswer, reply: FastifyReply, accountId?: string): Done {
  if ('replayed' in answer && answer.replayed) reply.header('idempotent-replayed', 'true');
  if (answer.kind !== 'done') throw problemFor(answer, accountId);
  reply.header('etag', `"${answer.account.version}"`);
  return answer;
}

/** The account right after its command. @throws ProblemError as {@link doneAnswer} does. */
export function accountAnswer(answer: CommandAnswer, reply: FastifyReply) {
  const { account, sequence } = doneAnswer(answer, reply);
  return accountView(account, sequence);
}

function problemFor(
  answer: Exclude<CommandAnswer, { readonly kind: 'done' }>,
  accountId?: string,
): ProblemError {
  const retry = { retryAfterSeconds: RETRY_AFTER_SECONDS };
  switch (answer.kind) {
    case 'refused': {
      const { code, detail, field } = answer.error;
      if (field === undefined) return new ProblemError(code, detail);
      return invalidField(`/${field}`, detail, code);
    }
    case 'version_mismatch': {
      const which = accountId === undefined ? 'the account' : `account ${accountId}`;
      return new ProblemError('version_mismatch', `${which} is at version ${answer.actual}`);
    }
    case 'key_reused':
      return new ProblemError(
        'idempotency_key_reused',
        'this Idempotency-Key was used for a different request; nothing was done',
      );
    case 'conflict':
      return new ProblemError(
        'concurrent_update',
        'others kept changing the account; nothing was done, try again',
        retry,
      );
    case 'overloaded':
      return new ProblemError('overloaded', `${answer.detail}; nothing was done`, retry);
    case 'unavailable':
      return new ProblemError('unavailable', `${answer.detail}; nothing was done`, retry);
    case 'unknown':
      return new ProblemError(
        'outcome_unknown',
        `${answer.detail}; retry with the same Idempotency-Key to learn the outcome`,
        retry,
      );
    case 'failed':
      return new ProblemError('internal_error', 'the command failed; nothing was done');
  }
}
