import type { Tracing, TraceSpan } from '../platform/tracing.ts';
import type { Group } from '../projections/build.ts';
import type { ProjectorObserver } from '../projections/projector-observer.ts';

/**
 * Listens in on a group's projector: each event that carries a `traceparent` gets a span in its own
 * trace, from its delivery until the read models have it. What is read from the log once more, as in a
 * rebuild, is nothing of the trace's.
 */
export function tracedProjector(
  tracing: Tracing,
  { id, build }: Pick<Group, 'id' | 'build'>,
  observed: ProjectorObserver,
): ProjectorObserver {
  /** By stream sequence, in order. */
  const open = new Map<number, TraceSpan>();

  function endAll(upTo: number, error?: string): void {
    for (const [sequence, span] of open) {
      if (sequence > upTo) return;
      open.delete(sequence);
      span.end({}, error);
    }
  }

  return {
    ...observed,
    delivered(sequence, parent) {
      observed.delivered?.(sequence, parent);
      open.get(sequence)?.end({}, 'delivered_again');
      const attributes = {
        'messaging.system': 'nats',
        'messaging.destination.name': 'ACCOUNTS',
        'messaging.consumer.group.name': id,
        'messaging.operation.name': 'project',
        'messaging.operation.type': 'process',
        'jetbank.sequence': sequence,
      };
      const name = `project ${build.projection}`;
      open.set(sequence, tracing.start({ name, kind: 'consumer', parent, attributes }));
    },
    wrote(batch) {
      observed.wrote(batch);
      endAll(batch.checkpoint.sequence);
    },
    failed(error, waitMs) {
      observed.failed(error, waitMs);
      endAll(Number.POSITIVE_INFINITY, 'projecting_failed');
    },
  };
}
