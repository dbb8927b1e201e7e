import type { Account } from '../../account/account.ts';
import type { SnapshotLookup } from '../../event-store/event-store.ts';
import type { AuditedAccount } from './account-audit.ts';
import type { Finding } from './finding.ts';
import { digestOfCommands } from './key-memory.ts';

/** Each account's snapshot against the fold at the snapshot's version. */
export interface SnapshotAudit {
  /** What an account's snapshot says, to be compared once the fold is there. */
  expect(accountId: string, lookup: SnapshotLookup, sequence: number): readonly Finding[];
  /** The fold is one event further. */
  reached(state: AuditedAccount): readonly Finding[];
  /** Snapshots of versions that the fold has not come to, by account id. */
  ahead(): ReadonlyMap<string, number>;
  readonly counts: () => SnapshotCounts;
}

export interface SnapshotCounts {
  readonly compared: number;
  /** Accounts without one: it is disposable, so that is no finding. */
  readonly missing: number;
  /** Of another schema than this release writes; the services take no notice of them either. */
  readonly outdated: number;
}

/** What is kept of a snapshot: its version, and what stands for the rest. */
interface Expected {
  readonly version: number;
  readonly sequence: number;
  readonly state: string;
  readonly commands: string;
}

export function snapshotAudit(): SnapshotAudit {
  const waiting = new Map<string, Expected>();
  let compared = 0;
  let missing = 0;
  let outdated = 0;

  const tell = (sequence: number, accountId: string, what: string): Finding => ({
    ...{ sequence, invariant: 'I4', accountId, what: `the snapshot ${what}`, remedy: 'snapshot' },
  });

  return {
    expect(accountId, lookup, sequence) {
      if (lookup.kind === 'unusable') {
        if (!lookup.outdated)
          return [tell(sequence, accountId, `cannot be used: ${lookup.reason}`)];
        outdated += 1;
        return [];
      }
      if (lookup.kind === 'none') {
        missing += 1;
        return [];
      }
      const { account, sequence: at, commands } = lookup.record;
      const state = stateOf(account);
      waiting.set(accountId, {
        ...{ version: account.version, sequence: at, state, commands: digestOfCommands(commands) },
      });
      return [];
    },

    reached({ account, sequence, keys }) {
      const { accountId, version } = account;
      const expected = waiting.get(accountId);
      if (expected?.version !== version) return [];
      waiting.delete(accountId);
      compared += 1;
      const wrong = [
        sequence !== expected.sequence && `stream sequence (${expected.sequence})`,
        stateOf(account) !== expected.state && 'state',
        (keys?.digest() ?? '') !== expected.commands && 'remembered commands',
      ].filter((part) => part !== false);
      if (wrong.length === 0) return [];
      const what = `of version ${version} has another ${wrong.join(' and ')} than the events make`;
      return [tell(sequence, accountId, what)];
    },

    ahead: () => new Map([...waiting].map(([accountId, { version }]) => [accountId, version])),
    counts: () => ({ compared, missing, outdated }),
  };
}

/** All of the state in one text; equal for equal states. */
function stateOf({ holds, ...account }: Account): string {
  const { accountId, ownerName, currency, balance, held, overdraftLimit, status } = account;
  const open = holds.map(({ holdId, amount, expiresAt, reference }) => [
    ...[holdId, String(amount), expiresAt, reference],
  ]);
  const standing = [balance, held, overdraftLimit].map(String);
  return JSON.stringify([accountId, ownerName, currency, standing, status, open]);
}
