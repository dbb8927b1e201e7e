import type { HoldTimer } from '../../event-store/hold-timers.ts';
import { TIMER_STREAM } from '../../event-store/jetstream/names.ts';
import { provisionStreams } from '../../event-store/jetstream/provision.ts';
import { jetStreamTimers } from '../../event-store/jetstream/timers.ts';
import type { LogEntry } from '../../event-store/log-entry.ts';
import type { NatsOnly } from '../nats-only.ts';

/** Follows a log from its beginning and knows which holds with an end are open. */
export function openTimers() {
  const open = new Map<string, HoldTimer>();
  return {
    add(entry: LogEntry): void {
      if ('error' in entry) return;
      const { event } = entry;
      if (event.type === 'HoldPlaced' && event.expiresAt !== null) {
        const { accountId, holdId, expiresAt } = event;
        open.set(`${accountId} ${holdId}`, { accountId, holdId, expiresAt });
      }
      if (event.type === 'HoldCaptured' || event.type === 'HoldReleased') {
        open.delete(`${event.accountId} ${event.holdId}`);
      }
    },
    open: (): readonly HoldTimer[] => [...open.values()],
  };
}

/**
 * Sets the timers again that the log tells of: they are no part of a backup, and one that is set
 * already is not set twice. Answers how many.
 */
export async function setOpenTimers(
  { js, jsm }: NatsOnly,
  timers: readonly HoldTimer[],
  replicas: number,
): Promise<number> {
  if (timers.length === 0) return 0;
  await provisionStreams(jsm, { create: true, replicas, names: [TIMER_STREAM] });
  const store = jetStreamTimers(js);
  for (const timer of timers) await store.schedule(timer);
  return timers.length;
}
