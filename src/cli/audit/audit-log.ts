import { setTimeout as sleepFor } from 'node:timers/promises';
import type { EventReader } from '../../event-store/event-store.ts';
import type { LogEntry } from '../../event-store/log-entry.ts';
import { shardOf } from '../../event-store/subjects.ts';
import { firstBySequence } from '../../projections/first-by-sequence.ts';
import type { FirstBySequence } from '../../projections/first-by-sequence.ts';
import type { Finding } from './finding.ts';
import { logAudit } from './log-audit.ts';
import { balancesAddUp } from './money-audit.ts';
import type { MoneyOfCurrency } from './money-audit.ts';
import { snapshotAudit } from './snapshot-audit.ts';
import type { SnapshotCounts } from './snapshot-audit.ts';
import { compareNewer, expectSnapshots } from './snapshot-lookup.ts';
import type { LookUpSnapshot } from './snapshot-lookup.ts';

export interface AuditOptions {
  readonly events: Pick<EventReader, 'entries' | 'event' | 'head' | 'tail'>;
  /** Without it no snapshot is compared. */
  readonly snapshot?: LookUpSnapshot;
  /** Stream sequence up to which the log is looked at. */
  readonly untilSequence: number;
  /** In how many passes the log is read: each holds the states of its share of the accounts. Default 1. */
  readonly passes?: number;
  /** Events done, of all passes, and how many there are. */
  readonly onProgress?: (done: number, total: number) => void;
  /** How to wait so many milliseconds. */
  readonly sleep?: (ms: number) => Promise<unknown>;
}

export interface AuditReport {
  /** Messages of the log. */
  readonly events: number;
  readonly accounts: number;
  readonly snapshots: SnapshotCounts;
  /** By ISO 4217 code. */
  readonly money: ReadonlyMap<string, MoneyOfCurrency>;
  readonly findings: FirstBySequence<Finding>;
}

/** Entries that are looked at between two reads of snapshots. No append has more. */
const PART = 1_000;

/** The server may be writing the append at the end: waits between tries to read on, and how many bring nothing. */
const WRITING_WAIT_MS = 50;
const WRITING_TRIES = 40;

/** The first findings that are told one by one. */
export const TOLD_FINDINGS = 100;

/**
 * Checks the invariants of docs/cli.md over the whole log, prefix by prefix, and the snapshots
 * against it, while commands and projections may go on. @throws whatever reading throws.
 */
export async function auditLog(options: AuditOptions): Promise<AuditReport> {
  const { events, untilSequence, passes = 1, onProgress = () => undefined } = options;
  const { sleep = sleepFor } = options;
  let end = await lastMessage(events, untilSequence);
  const findings = firstBySequence<Finding>(TOLD_FINDINGS);
  const balances = new Map<string, bigint>();
  const counts = { events: 0, accounts: 0 };
  const snapshotCounts = { compared: 0, missing: 0, outdated: 0 };
  let money: ReadonlyMap<string, MoneyOfCurrency> = new Map();

  async function runPass(pass: number): Promise<void> {
    const owns = (accountId: string) => shardOf(accountId) % passes === pass;
    const { accounts, ...audit } = logAudit({ owns, whole: pass === 0 });
    const snapshots = snapshotAudit();

    function look(entry: LogEntry): void {
      findings.add(audit.add(entry));
      const state = accounts.get(entry.accountId);
      if (state !== undefined) findings.add(snapshots.reached(state));
    }

    /** The end was taken within an append: the rest of it stands right behind, or soon will. */
    async function readAppendOn(): Promise<void> {
      for (let tries = 0; audit.isWithinAppend() && tries < WRITING_TRIES; tries += 1) {
        if (tries > 0) await sleep(WRITING_WAIT_MS);
        for await (const entry of events.entries(end, end + PART)) {
          look(entry);
          end = entry.sequence;
          tries = 0;
          if (!audit.isWithinAppend()) return;
        }
      }
    }

    for await (const part of partsOf(events.entries(0, end))) {
      if (options.snapshot !== undefined) {
        const fresh = part.filter(({ accountId }) => owns(accountId) && !accounts.has(accountId));
        findings.add(await expectSnapshots(fresh, options.snapshot, snapshots));
      }
      part.forEach(look);
      if (pass === 0) counts.events += part.length;
      onProgress(pass * untilSequence + (part.at(-1)?.sequence ?? 0), passes * untilSequence);
    }
    if (end === untilSequence) await readAppendOn();
    findings.add(audit.end(untilSequence));
    if (pass === 0) money = audit.money.totals();
    for (const { account } of accounts.all()) {
      balances.set(account.currency, (balances.get(account.currency) ?? 0n) + account.balance);
    }
    findings.add(await compareNewer(accounts, snapshots, events));
    counts.accounts += accounts.size();
    snapshotCounts.compared += snapshots.counts().compared;
    snapshotCounts.missing += snapshots.counts().missing;
    snapshotCounts.outdated += snapshots.counts().outdated;
  }

  onProgress(0, passes * untilSequence);
  for (let pass = 0; pass < passes; pass += 1) await runPass(pass);
  onProgress(passes * untilSequence, passes * untilSequence);
  // An account that is wrong is left out of the balances: then they say nothing new.
  if (findings.list().every(({ invariant }) => invariant === 'I4')) {
    findings.add(balancesAddUp(money, balances, untilSequence));
  }
  return { ...counts, snapshots: snapshotCounts, money, findings };
}

/** A message that was deleted at the end leaves its sequence behind: reading would wait for it. */
async function lastMessage(
  events: Pick<EventReader, 'event'>,
  untilSequence: number,
): Promise<number> {
  let last = untilSequence;
  while (last > 0 && !(await isThere(events, last))) last -= 1;
  return last;
}

async function isThere(events: Pick<EventReader, 'event'>, sequence: number): Promise<boolean> {
  try {
    return (await events.event(sequence)) !== undefined;
  } catch {
    // It cannot be read, which the audit will tell.
    return true;
  }
}

async function* partsOf(entries: AsyncIterable<LogEntry>): AsyncGenerator<readonly LogEntry[]> {
  let part: LogEntry[] = [];
  for await (const entry of entries) {
    part.push(entry);
    if (part.length < PART) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}
