/** What a delivery tells about its place among the others of its consumer. */
export interface Delivery {
  /** Counts the consumer's deliveries, redeliveries too. */
  readonly deliverySequence: number;
  /** 1 for the first time. */
  readonly deliveryCount: number;
  /** Changes whenever the consumer is pinned to another client, or to the same one anew. */
  readonly pin: string;
}

/**
 * Whether an event of the consumer's may lie between a delivery and the newest one before it. A
 * consumer hands out new messages in the order of the stream, so nothing lies between two new ones
 * whose delivery sequences follow on one another, with nothing but redeliveries in between; where a
 * number is missing, another client got what it counts.
 */
export interface DeliveryOrder {
  /** To be asked for each delivery, as they come. */
  follows(delivery: Delivery): boolean;
}

/**
 * The first delivery of all follows on nothing: what the consumer has counted before it began to be
 * listened to may have been another consumer's of the same name, or one that begins beyond the log.
 */
export function deliveryOrder(): DeliveryOrder {
  let last: number | undefined;
  let lastPin: string | undefined;
  return {
    follows({ deliverySequence, deliveryCount, pin }) {
      const unbroken = last !== undefined && deliverySequence === last + 1 && pin === lastPin;
      const isNew = deliveryCount === 1;
      // A redelivery says nothing about new ones: after a break, only a new one begins again.
      last = isNew || unbroken ? deliverySequence : undefined;
      lastPin = pin;
      return isNew && unbroken;
    },
  };
}
