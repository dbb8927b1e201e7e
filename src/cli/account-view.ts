import { availableOf } from '../account/account.ts';
import { findCurrency } from '../account/currency.ts';
import type { Standing } from '../account/events.ts';
import { formatMoney } from '../account/money.ts';
import type { AccountReport } from './account-report.ts';

export interface ShownAccount extends AccountReport {
  readonly accountId: string;
  /** Whether its projection waits for an event that cannot be applied. */
  readonly parked: boolean;
}

/** Nothing is wrong; what is behind or missing is not. */
export const isWell = ({ broken, snapshot, document, parked }: ShownAccount): boolean =>
  broken === undefined && snapshot.wrong === undefined && document.wrong === undefined && !parked;

/** One of the three places that say how the account stands, all as text; money as decimals. */
interface Column {
  readonly version: number;
  /** Stream sequence. */
  readonly sequence: number;
  readonly ownerName: string;
  readonly currency: string;
  readonly status: string;
  readonly balance: string;
  readonly held: string;
  readonly available: string;
  readonly overdraftLimit: string;
}

interface Said extends Standing {
  readonly version: number;
  readonly ownerName: string;
  readonly currency: string;
}

function columnOf(said: Said, sequence: number): Column {
  const { version, ownerName, currency: code, status } = said;
  const currency = findCurrency(code);
  const money = (units: bigint) => (currency ? formatMoney(units, currency) : `${units}`);
  return {
    ...{ version, sequence, ownerName, currency: code, status, balance: money(said.balance) },
    ...{ held: money(said.held), available: money(availableOf(said)) },
    overdraftLimit: money(said.overdraftLimit),
  };
}

function columnsOf({ log, snapshot, document }: ShownAccount) {
  const { found: record } = snapshot;
  const { found: stored } = document;
  return {
    log: log && columnOf(log.account, log.sequence),
    snapshot: record && columnOf(record.account, record.sequence),
    readModel: stored && columnOf(stored, Number(stored.sequence)),
  };
}

/** One line of JSON; what is not there is null. */
export function accountAsJson(shown: ShownAccount): string {
  const { accountId, broken = null, parked, snapshot, document } = shown;
  const { log = null, ...kept } = columnsOf(shown);
  return JSON.stringify({
    ...{ accountId, ok: isWell(shown), log, broken },
    snapshot: { found: kept.snapshot ?? null, wrong: snapshot.wrong ?? null },
    readModel: { found: kept.readModel ?? null, wrong: document.wrong ?? null, parked },
  });
}

const ROWS = [
  ['version', 'version'],
  ['stream sequence', 'sequence'],
  ['owner', 'ownerName'],
  ['currency', 'currency'],
  ['status', 'status'],
  ['balance', 'balance'],
  ['held', 'held'],
  ['available', 'available'],
  ['overdraft limit', 'overdraftLimit'],
] as const satisfies readonly (readonly [string, keyof Column])[];

/** A table of the three beside each other, and below it what is wrong, with what to do. */
export function accountAsText(shown: ShownAccount): string {
  const { log, snapshot, readModel } = columnsOf(shown);
  const rows = [
    ['', 'log', 'snapshot', 'read model'],
    ...ROWS.map(([name, member]) => [
      ...[name, log, snapshot, readModel].map((column) =>
        typeof column === 'string' ? column : `${column?.[member] ?? '-'}`,
      ),
    ]),
  ];
  return [`account ${shown.accountId}`, ...aligned(rows), ...remarks(shown)].join('\n');
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function remarks({ accountId, broken, snapshot, document, parked }: ShownAccount): string[] {
  const found = [
    broken && `the log cannot be read on at stream sequence ${broken.sequence}: ${broken.error}`,
    snapshot.wrong &&
      `the snapshot ${snapshot.wrong}: "jetbank snapshots rebuild ${accountId}" makes it anew`,
    document.wrong &&
      `the read model ${document.wrong}: "jetbank projections rebuild accounts" makes it anew`,
    parked &&
      `its projection is parked: mend the cause, then "jetbank projections retry-parked ${accountId}"`,
  ].filter((remark) => typeof remark === 'string');
  return found.length > 0 ? found : ['snapshot and read model are what the events make of them'];
}
