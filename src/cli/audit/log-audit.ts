import type { LogEntry } from '../../event-store/log-entry.ts';
import { accountAudit } from './account-audit.ts';
import type { AccountAudit } from './account-audit.ts';
import { batchAudit } from './batch-audit.ts';
import type { Finding } from './finding.ts';
import { moneyAudit } from './money-audit.ts';
import type { MoneyAudit } from './money-audit.ts';
import { transferAudit } from './transfer-audit.ts';

/**
 * The invariants of the log, entry by entry in its order, each prefix by itself. Where the log is
 * too large for one pass over it, the accounts of a share are looked at in each.
 */
export interface LogAudit {
  add(entry: LogEntry): readonly Finding[];
  /** The log has ended at the stream sequence. */
  end(sequence: number): readonly Finding[];
  /** Whether the last entry was not the last of its append: the others stand right behind it. */
  isWithinAppend(): boolean;
  readonly accounts: AccountAudit;
  readonly money: MoneyAudit;
}

export interface LogAuditOptions {
  /** Accounts that are looked at; all by default. */
  readonly owns?: (accountId: string) => boolean;
  /** Whether what is of no account is looked at: gaps, appends, transfers, money. Default true. */
  readonly whole?: boolean;
}

export function logAudit({ owns = () => true, whole = true }: LogAuditOptions = {}): LogAudit {
  const accounts = accountAudit();
  const batches = batchAudit();
  const transfers = transferAudit();
  const money = moneyAudit();
  let last = 0;
  /** One broken transfer leaves every later prefix out of balance: it is told once. */
  let balanced = true;

  function gapBefore(sequence: number): readonly Finding[] {
    const missing = sequence - last - 1;
    if (missing <= 0) return [];
    const what = `the log has no message here: ${missing} up to ${sequence - 1} are gone`;
    return [{ sequence: last + 1, invariant: 'I2', what, remedy: 'log' }];
  }

  function ofTheWhole(entry: LogEntry): readonly Finding[] {
    const found = [...batches.add(entry), ...gapBefore(entry.sequence), ...transfers.add(entry)];
    last = entry.sequence;
    if ('event' in entry) money.add(entry.event);
    if (!balanced || transfers.isOpen()) return found;
    const unbalanced = money.unbalanced();
    balanced = unbalanced.length === 0;
    return balanced || found.length > 0
      ? found
      : unbalanced.map((currency): Finding => {
          const what = `transfers in ${currency} do not net to zero up to here`;
          return { sequence: entry.sequence, invariant: 'I1', what, remedy: 'log' };
        });
  }

  return {
    accounts,
    money,
    // Of a log without batches, transfers alone tell.
    isWithinAppend: () => batches.isOpen() || transfers.isOpen(),
    add(entry) {
      const found = whole ? ofTheWhole(entry) : [];
      return owns(entry.accountId) ? [...found, ...accounts.add(entry)] : found;
    },
    end: (sequence) =>
      whole ? [...batches.end(), ...transfers.end(), ...gapBefore(sequence + 1)] : [],
  };
}
