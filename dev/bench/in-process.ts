import { randomUUID } from 'node:crypto';
import type { CommandService } from '../../src/account-cmd/command-service.ts';
import { rateOf } from './stats.ts';

/** Callers that each wait for an answer before they ask again. */
export const CALLERS = 256;

/** Deposits on one account from {@link CALLERS} callers, without HTTP; commands a second. */
export function hotDeposits(
  service: CommandService,
  accountId: string,
  milliseconds: number,
): Promise<number> {
  return rateOf(milliseconds, CALLERS, async () => {
    await deposit(service, accountId);
    return 1;
  });
}

/** One deposit of whole units of money, without a key. @throws Error when it is not accepted. */
export async function deposit(
  service: CommandService,
  accountId: string,
  units = 1n,
): Promise<void> {
  const answer = await service.execute({
    accountId,
    command: { type: 'Deposit', amount: { coefficient: units, scale: 0 } },
    commandId: randomUUID(),
    commandHash: null,
  });
  if (answer.kind !== 'done') throw new Error(`a deposit was answered ${answer.kind}`);
}

/** One transfer of 0.01 without a key. @throws Error when it is not accepted. */
export async function transfer(service: CommandService, from: string, to: string): Promise<void> {
  const transferId = randomUUID();
  const amount = { coefficient: 1n, scale: 2 };
  const answer = await service.execute({
    accountId: from,
    command: { type: 'Transfer', transferId, legs: [{ from, to, amount }] },
    commandId: transferId,
    commandHash: null,
  });
  if (answer.kind !== 'done') throw new Error(`a transfer was answered ${answer.kind}`);
}
