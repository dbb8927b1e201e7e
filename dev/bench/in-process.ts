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

/** One deposit without a key. @throws Error when it is not accepted. */
export async function deposit(service: CommandService, accountId: string): Promise<void> {
  const answer = await service.execute({
    accountId,
    command: { type: 'Deposit', amount: { coefficient: 1n, scale: 0 } },
    commandId: randomUUID(),
    commandHash: null,
  });
  if (answer.kind !== 'done') throw new Error(`a deposit was answered ${answer.kind}`);
}
