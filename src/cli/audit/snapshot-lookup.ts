import pLimit from 'p-limit';
import { UndecodablePayloadError } from '../../event-store/avro/single-object.ts';
import type { EventReader, SnapshotLookup } from '../../event-store/event-store.ts';
import type { LogEntry } from '../../event-store/log-entry.ts';
import type { AccountAudit } from './account-audit.ts';
import type { Finding } from './finding.ts';
import type { SnapshotAudit } from './snapshot-audit.ts';

export type LookUpSnapshot = (accountId: string) => Promise<SnapshotLookup>;

const AT_ONCE = 64;

/** Asks for the snapshots of accounts that are new to the audit, before it sees their first event. */
export async function expectSnapshots(
  entries: readonly LogEntry[],
  lookUp: LookUpSnapshot,
  snapshots: SnapshotAudit,
): Promise<Finding[]> {
  const limit = pLimit(AT_ONCE);
  const first = new Map<string, number>();
  for (const { accountId, sequence } of entries) {
    if (!first.has(accountId)) first.set(accountId, sequence);
  }
  const found = await Promise.all(
    [...first].map(([accountId, sequence]) =>
      limit(async () => snapshots.expect(accountId, await lookUp(accountId), sequence)),
    ),
  );
  return found.flat();
}

/** Snapshots that were written since the audit began: their accounts are folded up to them. */
export async function compareNewer(
  accounts: AccountAudit,
  snapshots: SnapshotAudit,
  events: Pick<EventReader, 'head' | 'tail'>,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [accountId, version] of snapshots.ahead()) {
    const state = accounts.get(accountId);
    if (state === undefined) continue;
    const { head, unreadable } = await readHead(events, accountId);
    // It came after the audit's end: the next one tells.
    if (unreadable) continue;
    if (head === undefined || head.event.version < version) {
      const { sequence, account } = state;
      const what = `the snapshot is of version ${version}, the log has ${account.version}`;
      findings.push({ sequence, invariant: 'I4', accountId, what, remedy: 'snapshot' });
      continue;
    }
    const after = { version: state.account.version, sequence: state.sequence };
    for await (const recorded of events.tail(head, after, 'leader')) {
      if (recorded.event.version > version) break;
      findings.push(...accounts.add({ ...recorded, accountId }));
      const next = accounts.get(accountId);
      if (next !== undefined) findings.push(...snapshots.reached(next));
    }
  }
  return findings;
}

async function readHead(events: Pick<EventReader, 'head'>, accountId: string) {
  try {
    return { head: await events.head(accountId, 'leader'), unreadable: false };
  } catch (error) {
    if (error instanceof UndecodablePayloadError) return { head: undefined, unreadable: true };
    throw error;
  }
}
