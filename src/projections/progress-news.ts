import type { NatsConnection } from 'nats';
import type { Group } from './build.ts';
import type { ProjectionPosition } from './position.ts';

/** Where the worker on a group tells how far it has come: a decimal stream sequence. */
const subjectOf = ({ id }: Pick<Group, 'id'>): string => `jetbank.projection.${id}`;

/**
 * Tells every process how far this one's worker has come, and brings the position forward when
 * another's tells. News may get lost: whoever waits has to look into MongoDB once, and now and then.
 * Answers the function that ends it.
 */
export function shareProgress(
  nc: NatsConnection,
  group: Group,
  position: ProjectionPosition,
): () => void {
  const subject = subjectOf(group);
  let heard = 0;
  const subscription = nc.subscribe(subject, {
    callback(error, message) {
      const sequence = Number(error === null ? message.string() : NaN);
      if (!Number.isSafeInteger(sequence)) return;
      heard = sequence;
      position.advance(sequence);
    },
  });
  const unlisten = position.onAdvance((sequence) => {
    if (sequence !== heard && !nc.isClosed()) nc.publish(subject, String(sequence));
  });
  return () => {
    unlisten();
    if (!nc.isClosed()) subscription.unsubscribe();
  };
}
