import { randomUUID } from 'node:crypto';
import type {
  CommandAnswer,
  CommandRequest,
  PendingCommand,
} from '../../src/account-cmd/command.ts';
import type { Command, TransferLeg } from '../../src/account/commands.ts';
import type { Decimal } from '../../src/account/money.ts';
import { parseDecimalString } from '../../src/account/money.ts';

type More = Partial<Omit<CommandRequest, 'accountId' | 'command'>>;

/** A request without a key, unless `more` has one. */
export function requestOf(accountId: string, command: Command, more: More = {}): CommandRequest {
  return { accountId, command, commandId: randomUUID(), commandHash: null, ...more };
}

/** Opens the account in USD; amounts are decimal strings such as "12.50". */
export const create = (accountId: string, initialBalance: string, more?: More): CommandRequest => {
  const opening = { ownerName: 'Ada Lovelace', currency: 'USD' };
  const command = { ...opening, type: 'CreateAccount', initialBalance: decimal(initialBalance) };
  return requestOf(accountId, command as Command, more);
};

export const deposit = (accountId: string, amount: string, more?: More): CommandRequest =>
  requestOf(accountId, { type: 'Deposit', amount: decimal(amount) }, more);

export const withdraw = (accountId: string, amount: string, more?: More): CommandRequest =>
  requestOf(accountId, { type: 'Withdraw', amount: decimal(amount) }, more);

/** One leg of a transfer. */
export const leg = (from: string, to: string, amount: string): TransferLeg => ({
  from,
  to,
  amount: decimal(amount),
});

/** `transferId` is the same for each request of a key. */
export const transfer = (
  from: string,
  to: string,
  amount: string,
  { transferId = randomUUID(), ...more }: More & { transferId?: string } = {},
): CommandRequest =>
  requestOf(from, { type: 'Transfer', transferId, legs: [leg(from, to, amount)] }, more);

/** What an idempotency key makes of a request: `keyed('k')`, or with another body `keyed('k', 'h')`. */
export const keyed = (key: string, commandHash = 'the-same-body'): More => ({
  commandId: key,
  commandHash,
});

/** The request on its way through the mailbox, and what it is answered. */
export interface Asked {
  readonly pending: PendingCommand;
  readonly answers: readonly CommandAnswer[];
}

export function ask(request: CommandRequest, deadline = Infinity): Asked {
  const answers: CommandAnswer[] = [];
  return { answers, pending: { request, deadline, settle: (answer) => answers.push(answer) } };
}

/** @throws RangeError for what is no decimal. */
export function decimal(text: string): Decimal {
  const parsed = parseDecimalString(text);
  if (!parsed.ok) throw new RangeError(`${text} ${parsed.reason}`);
  return parsed.value;
}
