import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { balanceAfter, opening, writeOf } from '../../test/support/account-events.ts';
import { collected } from '../../test/support/collected.ts';
import { create, deposit, keyed, transfer, withdraw } from '../../test/support/command-requests.ts';
import { deduplicatingEventStore } from '../../test/support/deduplicating-event-store.ts';
import { memorySnapshotStore } from '../../test/support/memory-snapshot-store.ts';
import type { AppendStep } from '../../test/support/scripted-event-store.ts';
import { scriptedService } from '../../test/support/scripted-service.ts';
import type { ScriptedService } from '../../test/support/scripted-service.ts';
import { slowEventStore } from '../../test/support/slow-event-store.ts';
import type { RecordedEvent } from '../account/events.ts';
import { applyRecorded } from '../account/record.ts';
import type { AccountRecord } from '../account/record.ts';
import { memoryEventStore } from '../event-store/memory-event-store.ts';
import type { CommandAnswer, CommandRequest } from './command.ts';

const RUNS = 150;
const TIMEOUT_MS = 120_000;

const steps = fc.constantFrom<AppendStep>(
  ...(['through', 'through', 'conflict', 'duplicate', 'busy', 'unavailable'] as const),
  ...(['lost', 'answer lost', 'late'] as const),
);
const commands = fc.record({
  service: fc.nat(1),
  account: fc.nat(1),
  type: fc.constantFrom(
    ...(['deposit', 'deposit', 'withdraw', 'withdraw'] as const),
    ...(['transfer', 'transfer', 'transfer', 'create'] as const),
  ),
  amount: fc.constantFrom('1.00', '2.50', '9.00'),
  // Few keys, so that they meet again.
  key: fc.constantFrom(...Array.from({ length: 5 }, () => undefined), 'k1', 'k2', 'k3'),
  expectedVersion: fc.constantFrom(...Array.from({ length: 9 }, () => undefined), 1, 2, 3),
});
const workloads = fc.record({
  /** Each wave at once; then, it may be, one of the services starts anew. */
  waves: fc.array(
    fc.record({
      wave: fc.array(commands, { minLength: 1, maxLength: 10 }),
      restarted: fc.option(fc.nat(1)),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  scripts: fc.tuple(fc.array(steps, { maxLength: 15 }), fc.array(steps, { maxLength: 15 })),
  failingReads: fc.nat(3),
  turns: fc.array(fc.nat(3), { minLength: 1, maxLength: 10 }),
  // Long enough for all but a refusal that is held back, as the command may be about to land.
  deadlineMs: fc.constantFrom(500, 500, 10),
  messageIds: fc.constantFrom('before the expectation', 'after the expectation', 'not at all'),
});

type Workload = typeof workloads extends fc.Arbitrary<infer T> ? T : never;
type Command = Workload['waves'][number]['wave'][number];
type Answered = readonly [CommandRequest, CommandAnswer];

test(
  'whatever goes wrong, the log holds what was answered: done once, refused never',
  async () => {
    await fc.assert(
      fc.asyncProperty(workloads, async (workload) => {
        const { answers, log } = await run(workload);
        expectSound(log);
        for (const answered of answers) expectInLog(answered, answers, log);
      }),
      { numRuns: RUNS },
    );
  },
  TIMEOUT_MS,
);

/** Two services on one log, which start with the same two accounts to fight over. */
async function run(workload: Workload) {
  const { waves, scripts, failingReads, turns, deadlineMs, messageIds } = workload;
  let asked = 0;
  const memory = memoryEventStore();
  const store = messageIds === 'not at all' ? memory : deduplicatingEventStore(memory, messageIds);
  const slow = slowEventStore(store, () => turns[(asked += 1) % turns.length] ?? 0);
  const snapshots = memorySnapshotStore();
  const failures: unknown[] = [];
  const observer = { failed: (_: string, error: unknown) => void failures.push(error) };
  const start = () => scriptedService({ log: slow, snapshots, limits: { deadlineMs }, observer });
  const services: [ScriptedService, ScriptedService] = [start(), start()];
  const past: ScriptedService[] = [];
  services.forEach(({ store: scripted }, index) => {
    scripted.script(...(scripts[index] ?? []));
    scripted.failReads(failingReads);
  });

  const accounts = [randomUUID(), randomUUID()];
  for (const id of accounts) await store.append([writeOf(id, 0, opening(id))]);
  const answers: Answered[] = [];
  for (const { wave, restarted } of waves) {
    const requests = wave.map((command) => requestOf(command, accounts));
    await Promise.all(
      requests.map(async (request, index) => {
        const answer = await (services[wave[index]?.service ?? 0] ?? services[0]).execute(request);
        answers.push([request, answer]);
      }),
    );
    if (restarted !== null) past.push(...services.splice(restarted, 1, start()));
  }
  for (const { service, store: scripted } of [...past, ...services]) {
    await service.drain();
    await scripted.deliver();
  }
  expect(failures).toEqual([]);
  return { answers, log: await collected(store.replay(0)) };
}

function requestOf(command: Command, accounts: readonly string[]): CommandRequest {
  const { account, type, key, expectedVersion } = command;
  const accountId = accounts[account] ?? '';
  const amount = key === undefined ? command.amount : '1.00';
  const more =
    key === undefined
      ? { ...(expectedVersion !== undefined && { expectedVersion }) }
      : keyed(key, `${type} ${amount}`);
  if (type === 'create') return create(accountId, amount, more);
  if (type === 'transfer') {
    const to = accounts[1 - account] ?? '';
    const transferId = key === undefined ? randomUUID() : `${accountId} ${key}`;
    return transfer(accountId, to, amount, { ...more, transferId });
  }
  return type === 'deposit' ? deposit(accountId, amount, more) : withdraw(accountId, amount, more);
}

/** The log by itself: it folds, nobody is overdrawn, no key took effect twice. */
function expectSound(log: readonly RecordedEvent[]): void {
  const records = new Map<string, AccountRecord>();
  const keys: string[] = [];
  for (const recorded of log) {
    const { accountId, commandId, commandHash } = recorded.event;
    const record = applyRecorded(records.get(accountId), recorded);
    records.set(accountId, record);
    expect(record.account.balance).toBeGreaterThanOrEqual(0n);
    if (commandHash !== null) keys.push(`${accountId} ${commandId}`);
  }
  expect(new Set(keys).size).toBe(keys.length);
  expectWholeTransfers(log);
}

/** Both sides of each transfer stand together, and say the same. */
function expectWholeTransfers(log: readonly RecordedEvent[]): void {
  log.forEach(({ event }, index) => {
    if (event.type !== 'TransferSent' && event.type !== 'TransferReceived') return;
    const isSent = event.type === 'TransferSent';
    const { accountId, counterparty, amount, transferId } = event;
    expect(log[isSent ? index + 1 : index - 1]?.event).toMatchObject({
      type: isSent ? 'TransferReceived' : 'TransferSent',
      ...{ accountId: counterparty, counterparty: accountId, amount, transferId },
    });
  });
}

function expectInLog(
  [request, answer]: Answered,
  all: readonly Answered[],
  log: readonly RecordedEvent[],
): void {
  const { accountId, commandId, commandHash } = request;
  const own = log.filter(
    ({ event }) => event.accountId === accountId && event.commandId === commandId,
  );
  switch (answer.kind) {
    case 'done': {
      expect(own).toHaveLength(1);
      const { account, sequence } = answer;
      // The other side of a transfer comes right behind it, and is what it is answered with.
      const behind = request.command.type === 'Transfer' ? 1 : 0;
      const { version, balance } = account;
      const told = { sequence: sequence - behind, version, balance, commandHash };
      expect(own.map(placeOf)).toEqual([told]);
      if (behind > 0) expect(answer.events).toEqual(log.slice(sequence - 2, sequence));
      return;
    }
    case 'key_reused':
      expect(own.some(({ event }) => event.commandHash !== commandHash)).toBe(true);
      return;
    case 'unknown':
      expect(own.length).toBeLessThanOrEqual(1);
      return;
    case 'failed':
      expect.fail('no log here contradicts itself');
      return;
    case 'refused':
    case 'version_mismatch':
    case 'conflict':
    case 'overloaded':
    case 'unavailable': {
      // A key refused once may take effect in another request.
      const elsewhere = all.some(
        ([other, { kind }]) =>
          other !== request &&
          other.accountId === accountId &&
          other.commandId === commandId &&
          TAKES_EFFECT.has(kind),
      );
      const effects = own.filter(({ event }) => event.type !== 'CommandRejected');
      if (!elsewhere) expect(effects).toEqual([]);
    }
  }
}

const TAKES_EFFECT: ReadonlySet<CommandAnswer['kind']> = new Set(['done', 'unknown']);

const placeOf = ({ sequence, event }: RecordedEvent) => ({
  sequence,
  version: event.version,
  balance: balanceAfter(event),
  commandHash: event.commandHash,
});
