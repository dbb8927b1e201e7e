import type { ConsumerInfo } from '@nats-io/jetstream';
import type { NatsConnection } from 'nats';

const ACKNOWLEDGED = '+ACK';

/** As the server tells it of a consumer with priority groups; the client has no type for it. */
interface PinnedInfo extends ConsumerInfo {
  readonly priority_groups?: readonly { readonly pinned_client_id?: string }[];
}

/** Whether somebody gets the messages, and so will acknowledge them, unless he has just died. */
export const isPinned = ({ priority_groups: groups = [] }: PinnedInfo): boolean =>
  groups.some(({ pinned_client_id: client = '' }) => client !== '');

/**
 * Acknowledges all that the consumer had delivered, whoever has it: MongoDB must have it. A worker
 * that died leaves behind what nobody else can acknowledge, and with `max_ack_pending` of it the
 * server hands out nothing more until `ack_wait` has passed. It is a hint as any acknowledgement is:
 * if it is lost, or of a consumer that was made anew meanwhile, the server passes it over.
 */
export function acknowledgeDelivered(
  nc: NatsConnection,
  { stream_name: stream, name, delivered, num_ack_pending: unacknowledged }: ConsumerInfo,
): void {
  if (unacknowledged === 0) return;
  const { stream_seq: sequence, consumer_seq: delivery } = delivered;
  // How often, which event, which delivery, when, how many wait: the second and third say what is meant.
  nc.publish(`$JS.ACK.${stream}.${name}.1.${sequence}.${delivery}.0.0`, ACKNOWLEDGED);
}
