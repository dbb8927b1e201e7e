import { randomUUID } from 'node:crypto';
import type { CommandAnswer, CommandRequest } from '../../src/account-cmd/command.ts';
import { createCommandService } from '../../src/account-cmd/command-service.ts';
import type { CommandLimits, CommandService } from '../../src/account-cmd/command-service.ts';
import type { CommandObserver } from '../../src/account-cmd/observer.ts';
import { silentObserver } from '../../src/account-cmd/observer.ts';
import type { RecordedEvent } from '../../src/account/events.ts';
import type { EventStore } from '../../src/event-store/event-store.ts';
import { memoryEventStore } from '../../src/event-store/memory-event-store.ts';
import { collected } from './collected.ts';
import { create } from './command-requests.ts';
import { memorySnapshotStore } from './memory-snapshot-store.ts';
import type { MemorySnapshotStore } from './memory-snapshot-store.ts';
import { scriptedEventStore } from './scripted-event-store.ts';
import type { ScriptedEventStore } from './scripted-event-store.ts';

/** A command service on a log in memory whose appends go wrong by script. */
export interface ScriptedService {
  readonly service: CommandService;
  readonly store: ScriptedEventStore;
  readonly snapshots: MemorySnapshotStore;
  /** The log itself, for another service on it. */
  readonly log: EventStore;
  execute(request: CommandRequest): Promise<CommandAnswer>;
  /** Opens an account, answers its id, and leaves the service at rest. */
  opened(initialBalance: string): Promise<string>;
  /** The account's events as the log has them. */
  eventsOf(accountId: string): Promise<RecordedEvent[]>;
}

export interface ScriptedServiceOptions {
  readonly log?: EventStore;
  readonly limits?: Partial<CommandLimits>;
  readonly observer?: Partial<CommandObserver>;
  readonly snapshots?: MemorySnapshotStore;
  readonly rememberRejections?: boolean;
}

export function scriptedService(options: ScriptedServiceOptions = {}): ScriptedService {
  const { log = memoryEventStore(), snapshots = memorySnapshotStore(), limits = {} } = options;
  const store = scriptedEventStore(log);
  const observer = { ...silentObserver, ...options.observer };
  const { rememberRejections = true } = options;
  const service = createCommandService({
    events: store,
    snapshots,
    observer,
    limits,
    rememberRejections,
  });
  return {
    service,
    store,
    snapshots,
    log,
    execute: (request) => service.execute(request),
    async opened(initialBalance) {
      const accountId = randomUUID();
      const answer = await service.execute(create(accountId, initialBalance));
      if (answer.kind !== 'done') throw new Error(`not opened: ${answer.kind}`);
      await service.drain();
      return accountId;
    },
    async eventsOf(accountId) {
      const all = await collected(log.replay(0));
      return all.filter(({ event }) => event.accountId === accountId);
    },
  };
}
