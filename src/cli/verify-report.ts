import { counted } from './counted.ts';
import { findCurrency } from '../account/currency.ts';
import { formatMoney } from '../account/money.ts';
import type { AuditReport } from './audit/audit-log.ts';
import { TOLD_FINDINGS } from './audit/audit-log.ts';
import { REMEDIES } from './audit/finding.ts';
import type { Finding } from './audit/finding.ts';
import type { MoneyOfCurrency } from './audit/money-audit.ts';
import type { Difference } from '../projections/comparison.ts';
import type { VerifyReport } from '../projections/verify.ts';

/** What `jetbank verify` has to tell. */
export interface LedgerReport {
  /** Stream sequence of the log's last message when it began. */
  readonly untilSequence: number;
  readonly log: AuditReport;
  /** Undefined where the bucket does not exist. */
  readonly snapshots: AuditReport['snapshots'] | undefined;
  /** Undefined before a service has projected into the database. */
  readonly readModels: ReadModelsReport | undefined;
  /** Why the read models were not looked at; undefined where they were. */
  readonly notLookedAt?: string;
}

export interface ReadModelsReport extends VerifyReport {
  readonly build: number;
  /** Stream sequence that the furthest group of the build has come to. */
  readonly untilSequence: number;
}

/** All findings of the report, and the first of them in the order of the log. */
export function findingsOf({ log, readModels }: LedgerReport): {
  readonly count: number;
  readonly first: readonly Finding[];
} {
  const differences = (readModels?.differences ?? []).map(findingIn);
  const first = [...log.findings.list(), ...differences]
    .toSorted((a, b) => a.sequence - b.sequence)
    .slice(0, TOLD_FINDINGS);
  return { count: log.findings.count() + (readModels?.differenceCount ?? 0), first };
}

/** Whether all was looked at and nothing found. */
export const isSound = (report: LedgerReport): boolean =>
  findingsOf(report).count === 0 && report.notLookedAt === undefined;

/** Ids are an account's, or begin with it. */
const findingIn = ({ collection, id, sequence, detail }: Difference): Finding => ({
  ...{ sequence, invariant: 'I4', accountId: id.split(':', 1)[0] ?? id },
  ...{ what: `${collection} ${id} ${detail}`, remedy: 'readModel' },
});

/** One line of JSON; money as decimal strings. */
export function reportAsJson(report: LedgerReport): string {
  const { count, first } = findingsOf(report);
  const { untilSequence, log, snapshots = null, readModels, notLookedAt = null } = report;
  const { events, accounts } = log;
  const findings = first.map((finding) => ({ ...finding, remedy: REMEDIES[finding.remedy] }));
  return JSON.stringify({
    ...{ ok: isSound(report), untilSequence, events, accounts, snapshots },
    ...{ readModels: comparedOf(readModels), notLookedAt },
    money: Object.fromEntries(
      [...log.money].map(([code, money]) => [code, decimalsOf(code, money)]),
    ),
    ...{ findingCount: count, first: findings[0] ?? null, findings },
  });
}

function comparedOf(report: ReadModelsReport | undefined) {
  if (report === undefined) return null;
  const { build, untilSequence, accounts, lines, unreadable } = report;
  return { build, untilSequence, accounts, lines, unreadable };
}

function decimalsOf(code: string, money: MoneyOfCurrency) {
  const currency = findCurrency(code);
  const [deposited, withdrawn, received, sent] = [
    ...[money.deposited, money.withdrawn, money.received, money.sent],
  ].map((units) => (currency === undefined ? `${units}` : formatMoney(units, currency)));
  return { deposited, withdrawn, received, sent };
}

export function reportAsText(report: LedgerReport): string {
  const { untilSequence, log, snapshots, readModels, notLookedAt } = report;
  const { count, first } = findingsOf(report);
  const lines = [
    `log: ${counted(log.events, 'event')} of ${counted(log.accounts, 'account')}, up to stream sequence ${untilSequence}`,
    snapshots === undefined ? 'snapshots: there is no bucket' : snapshotsLine(snapshots),
    notLookedAt === undefined
      ? readModelsLine(readModels)
      : `read models: not looked at: ${notLookedAt}`,
    ...[...log.money].map(([currency, money]) => moneyLine(currency, money)),
    ...first.map(
      ({ sequence, accountId, invariant, what }) =>
        `stream sequence ${sequence}${accountId === undefined ? '' : `, account ${accountId}`}: ${what} (${invariant})`,
    ),
    count > first.length ? `... and ${count - first.length} more` : '',
    endOf(count, first[0]?.sequence),
    ...[...new Set(first.map(({ remedy }) => remedy))].map(
      (remedy) => `what to do: ${REMEDIES[remedy]}`,
    ),
  ];
  return lines.filter((line) => line !== '').join('\n');
}

function snapshotsLine({ compared, missing, outdated }: AuditReport['snapshots']): string {
  const old = outdated === 0 ? '' : `, ${outdated} of another release left out`;
  return `snapshots: ${compared} compared, ${counted(missing, 'account has none', 'accounts have none')}${old}`;
}

function endOf(count: number, sequence: number | undefined): string {
  if (count === 0) return 'no findings';
  return count === 1
    ? `one finding, at stream sequence ${sequence}`
    : `${count} findings, the first at stream sequence ${sequence}`;
}

function readModelsLine(report: ReadModelsReport | undefined): string {
  if (report === undefined) return 'read models: no service has projected into this database yet';
  const { build, accounts, lines, unreadable, untilSequence } = report;
  const parked =
    unreadable === 0 ? '' : `, ${counted(unreadable, 'account')} that cannot be read on`;
  return (
    `read models: ${counted(accounts, 'account')} and ${counted(lines, 'line')} of build ${build} compared${parked}, ` +
    `up to stream sequence ${untilSequence}`
  );
}

function moneyLine(code: string, money: MoneyOfCurrency): string {
  const { deposited, withdrawn, received, sent } = decimalsOf(code, money);
  const net = received === sent ? 'net to zero' : `brought ${received}`;
  return `money in ${code}: ${deposited} came in, ${withdrawn} went out, transfers of ${sent} ${net}`;
}
