/** The log's stream, its snapshot bucket, and the stream that JetStream keeps the bucket in. */
export const STREAM = 'ACCOUNTS';
export const SNAPSHOT_BUCKET = 'ACCOUNT_SNAPSHOTS';
export const SNAPSHOT_STREAM = `KV_${SNAPSHOT_BUCKET}`;

/** The stream of the holds' timers, and its durable consumer: it has those that have fired. */
export const TIMER_STREAM = 'ACCOUNT_TIMERS';
export const TIMER_CONSUMER = 'hold-expiry';

export const EXPECTED_SEQUENCE_HEADER = 'Nats-Expected-Last-Subject-Sequence';

/**
 * On the later events of an account in a batch, where others' stand in between: how many sequences
 * before this one the account's previous event stands.
 */
export const PREDECESSOR_HEADER = 'Jetbank-Predecessor-Distance';

/** W3C trace context of the append, on the events of commands that are traced. */
export const TRACE_HEADER = 'traceparent';
