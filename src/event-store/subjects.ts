/** How many shards the account subjects are spread over. Fixed for ever: it is part of every subject. */
export const SHARDS = 32;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether the text is an account id: a UUID in lower case, so nothing that a subject could mistake. */
export const isAccountId = (text: string): boolean => UUID.test(text);

/**
 * The account's shard: FNV-1a (32 bit) modulo {@link SHARDS}, as the subject mapping function
 * `partition()` of nats-server computes it.
 */
export function shardOf(accountId: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < accountId.length; index += 1) {
    hash = Math.imul(hash ^ accountId.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % SHARDS;
}

/**
 * The one subject all events of the account stand on: `bank.account.<shard>.<accountId>`.
 * @throws RangeError unless {@link isAccountId}: nothing else may reach a subject.
 */
export function subjectOf(accountId: string): string {
  if (!isAccountId(accountId)) throw new RangeError(`${accountId} is not an account id`);
  return `bank.account.${shardOf(accountId)}.${accountId}`;
}

/** The account id in a subject of the log: its last token. */
export const accountIdIn = (subject: string): string => subject.slice(subject.lastIndexOf('.') + 1);

/** What matches every account of the shard. */
export const shardSubject = (shard: number): string => `bank.account.${shard}.>`;

/** What matches every account. */
export const ALL_ACCOUNTS = 'bank.account.>';
