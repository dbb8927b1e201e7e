import type { AccountEvent } from '../account/events.ts';

type Identity = Pick<AccountEvent, 'accountId' | 'commandId' | 'commandHash'>;

/**
 * The message id by which JetStream recognises a repeated command within its duplicate window.
 * `index` is the event's place among those of its command on its account, from 0.
 *
 * Names the account too: the same key on another account is another command. The later events of one
 * command are numbered; its first one is enough to recognise it by. Clients choose their keys, but a
 * key has no blank: so no key is taken for a numbered one, nor for the id of a command without a key.
 */
export function messageId({ accountId, commandId, commandHash }: Identity, index: number): string {
  const id = `${accountId}${commandHash === null ? ' ' : ':'}${commandId}`;
  return index === 0 ? id : `${id} ${index}`;
}

/** Whether both events of an account are of one command. */
export const sameCommand = (one: Identity, other: Identity): boolean =>
  one.commandId === other.commandId && one.commandHash === other.commandHash;
