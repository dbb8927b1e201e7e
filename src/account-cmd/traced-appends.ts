import type { AccountWrite, EventStore, PendingEvent } from '../event-store/event-store.ts';
import type { Tracing, TraceSpan } from '../platform/tracing.ts';

/**
 * The store with a span for each traced command of an append; the command's events carry that span's
 * `traceparent`, so what comes of them later joins the trace. The outcome's promise is the store's own:
 * whoever waits for it waits no longer than without traces.
 */
export function tracedAppends(store: EventStore, tracing: Tracing): EventStore {
  return {
    ...store,
    append(writes) {
      const spans = new Map<string, TraceSpan>();
      const events = writes.reduce((count, write) => count + write.events.length, 0);

      function spanOf(parent: string, accountId: string): TraceSpan {
        let span = spans.get(parent);
        if (span === undefined) {
          span = tracing.start({
            name: 'append ACCOUNTS',
            kind: 'producer',
            parent,
            attributes: {
              ...ATTRIBUTES,
              'messaging.batch.message_count': events,
              [ACCOUNT]: accountId,
            },
          });
          spans.set(parent, span);
        }
        return span;
      }

      function traced(pending: PendingEvent): PendingEvent {
        const { event, traceparent: parent } = pending;
        if (parent === undefined) return pending;
        const { traceparent } = spanOf(parent, event.accountId);
        return { event, ...(traceparent !== undefined && { traceparent }) };
      }

      const outcome = store.append(writes.map((write) => withEvents(write, traced)));
      if (spans.size > 0) {
        const end = (kind: string) => {
          const error = kind === 'stored' ? undefined : kind;
          for (const span of spans.values()) span.end({ 'jetbank.append.outcome': kind }, error);
        };
        outcome.then(
          ({ kind }) => end(kind),
          () => end('failed'),
        );
      }
      return outcome;
    },
  };
}

const ACCOUNT = 'jetbank.account.id';
const ATTRIBUTES = {
  'messaging.system': 'nats',
  'messaging.destination.name': 'ACCOUNTS',
  'messaging.operation.name': 'append',
  'messaging.operation.type': 'send',
};

const withEvents = (write: AccountWrite, change: (pending: PendingEvent) => PendingEvent) => ({
  ...write,
  events: write.events.map(change),
});
