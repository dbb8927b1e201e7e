import { randomUUID } from 'node:crypto';
import { workOnAccounts } from '../../src/account-cmd/account-worker.ts';
import type { WorkerContext } from '../../src/account-cmd/worker-context.ts';
import type { AccountEvent } from '../../src/account/events.ts';
import { memoryEventStore } from '../../src/event-store/memory-event-store.ts';
import { opening, writeOf } from './account-events.ts';
import { collected } from './collected.ts';
import type { Asked } from './command-requests.ts';
import { scriptedEventStore } from './scripted-event-store.ts';
import type { ScriptedEventStore } from './scripted-event-store.ts';
import { workerContext } from './worker-context.ts';

/** The worker of one account, opened with 10.00, on a log in memory whose appends go wrong by script. */
export interface ScriptedWorker {
  readonly accountId: string;
  readonly store: ScriptedEventStore;
  readonly context: WorkerContext;
  /** Works the commands as one batch to its end. */
  readonly work: (...asked: Asked[]) => Promise<void>;
  /** The log's events. */
  readonly logged: () => Promise<AccountEvent[]>;
  /** The command ids of the log's events. */
  readonly commandsInLog: () => Promise<string[]>;
}

export async function scriptedWorker(more: Partial<WorkerContext> = {}): Promise<ScriptedWorker> {
  const accountId = randomUUID();
  const store = scriptedEventStore(memoryEventStore());
  const context = workerContext(store, more);
  await store.append([writeOf(accountId, 0, opening(accountId))]);
  const logged = async () => (await collected(store.replay(0))).map(({ event }) => event);
  return {
    accountId,
    store,
    context,
    work: (...asked) =>
      workOnAccounts(
        context,
        asked.map(({ pending }) => pending),
      ),
    logged,
    commandsInLog: async () => (await logged()).map(({ commandId }) => commandId),
  };
}
