import { refused, SAFE, unknownChange } from './change-verdict.ts';
import type { Verdict } from './change-verdict.ts';
import type { Drift } from './config-drift.ts';
import { STREAM } from './names.ts';

/** How a consumer delivers; what it has delivered, and where it goes on, stays as it is. */
const FREE: ReadonlySet<string> = new Set([
  'description',
  'metadata',
  'ack_wait',
  'max_deliver',
  'max_ack_pending',
  'priority_timeout',
  'num_replicas',
  'inactive_threshold',
]);

/** The server fixes these when the consumer is made. */
const FOR_LIFE: ReadonlySet<string> = new Set([
  'ack_policy',
  'replay_policy',
  'max_waiting',
  'deliver_subject',
  'priority_groups',
  'priority_policy',
]);

/**
 * Whether the consumer may get the setting that `streams/` says without skipping or repeating what it
 * delivers. What nothing is known of is refused.
 */
export function judgeConsumerChange(drift: Drift, stream: string, name: string): Verdict {
  const { setting } = drift;
  if (FREE.has(setting)) return SAFE;
  if (setting === 'filter_subjects') {
    return refused(
      'the consumer would pass over messages that it has not delivered',
      remake(stream, name),
    );
  }
  if (FOR_LIFE.has(setting)) {
    return refused(
      `a consumer keeps its ${setting} for life: another one needs a new consumer`,
      remake(stream, name),
    );
  }
  return unknownChange(drift, `nats consumer edit ${stream} ${name}`);
}

/** Whoever works a consumer knows what it has done, so a consumer can be made anew at any time. */
const remake = (stream: string, name: string) => {
  // Which read models need a consumer, MongoDB knows.
  const also = stream === STREAM ? ', with MONGO_URI set' : '';
  return `"nats consumer rm ${stream} ${name}", then "jetbank streams apply"${also}: the services go on where they stood`;
};
