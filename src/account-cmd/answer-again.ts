import type { DomainError } from '../account/errors.ts';
import { standingAfter } from '../account/events.ts';
import type { RecordedEvent, Rejection } from '../account/events.ts';
import { recall, rememberedIn } from '../account/record.ts';
import type { AccountRecord, RememberedCommand } from '../account/record.ts';
import type { CommandAnswer, CommandRequest } from './command.ts';

/** Answers to commands that are in the log already: the first answer once more. */

/** The answer to a keyed command that the account remembers; undefined for a new one. */
export function answerToKnown(
  record: AccountRecord | undefined,
  request: CommandRequest,
): CommandAnswer | undefined {
  if (record === undefined || request.commandHash === null) return undefined;
  const remembered = recall(record, request.commandId);
  return remembered && answerToRemembered(record, remembered, request);
}

/** The answer to a command whose last event on its account, of the same command id, stands in the log. */
export function answerToRecorded(
  record: AccountRecord,
  recorded: RecordedEvent,
  request: CommandRequest,
): CommandAnswer {
  const remembered = rememberedIn(recorded);
  if (remembered !== undefined) return answerToRemembered(record, remembered, request);
  const { event, sequence } = recorded;
  const account = { ...record.account, ...standingAfter(event), version: event.version };
  return { kind: 'done', account, sequence, replayed: true };
}

/** The first answer of a keyed command again, or that its key now stands under another request. */
function answerToRemembered(
  record: AccountRecord,
  remembered: RememberedCommand,
  request: CommandRequest,
): CommandAnswer {
  const { commandHash } = remembered;
  if (commandHash !== request.commandHash && commandHash !== request.commandHashBefore?.()) {
    return { kind: 'key_reused' };
  }
  const { balance, held, overdraftLimit, status, version, sequence, rejection } = remembered;
  if (rejection !== null) return refused(errorOf(rejection), true);
  const standing = { balance, held, overdraftLimit, status };
  return {
    kind: 'done',
    account: { ...record.account, ...standing, version },
    sequence,
    replayed: true,
  };
}

export const refused = (error: DomainError, replayed: boolean): CommandAnswer => ({
  kind: 'refused',
  error,
  replayed,
});

/** What `rejectionOf` made of the error, the other way round. */
function errorOf({ code, detail, field }: Rejection): DomainError {
  return { code: code as DomainError['code'], detail, ...(field !== null && { field }) };
}
