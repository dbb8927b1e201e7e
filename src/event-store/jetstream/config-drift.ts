import { isDeepStrictEqual } from 'node:util';

/** One setting in which the server's stream or consumer is not what `streams/` says. */
export interface Drift {
  readonly setting: string;
  readonly desired: unknown;
  readonly actual: unknown;
}

type Settings = Readonly<Record<string, unknown>>;

/** Half a minute and two minutes, in nanoseconds. */
const DEFAULT_ACK_WAIT = 30_000_000_000;
const DEFAULT_DUPLICATE_WINDOW = 120_000_000_000;

/**
 * What nats-server takes for a setting of a stream that is left out (`checkStreamCfg`, 2.14 and 2.15). Every
 * other setting is then off, zero or empty, and the server leaves it out of its answers.
 */
export const STREAM_DEFAULTS: Settings = {
  retention: 'limits',
  discard: 'old',
  storage: 'file',
  num_replicas: 1,
  max_consumers: -1,
  max_msgs: -1,
  max_bytes: -1,
  max_msgs_per_subject: -1,
  max_msg_size: -1,
  duplicate_window: DEFAULT_DUPLICATE_WINDOW,
  compression: 'none',
  persist_mode: 'default',
};

/** The same of a durable pull consumer (`setConsumerConfigDefaults`). */
export const CONSUMER_DEFAULTS: Settings = {
  deliver_policy: 'all',
  ack_policy: 'explicit',
  ack_wait: DEFAULT_ACK_WAIT,
  replay_policy: 'instant',
  max_deliver: -1,
  max_waiting: 512,
  max_ack_pending: 1_000,
  priority_policy: 'none',
};

/**
 * The settings that differ: those of the description first, then what only the server has. What the
 * server fills in by itself is no difference, nor is metadata that others have put there.
 */
export function configDrift(desired: object, actual: object, defaults: Settings): Drift[] {
  const want = withFilters(desired);
  const have = withFilters(actual);
  const settings = new Set([...Object.keys(want), ...Object.keys(have)]);
  return [...settings]
    .map((setting) => ({
      setting,
      desired: valueOf(want, setting, defaults),
      actual:
        setting === 'metadata'
          ? ownMetadata(have[setting], want[setting])
          : valueOf(have, setting, defaults),
    }))
    .filter((drift) => !same(drift));
}

/** A consumer with one filter may name it in either of two settings. */
function withFilters(config: object): Settings {
  const { filter_subject: one, ...settings }: Record<string, unknown> = { ...config };
  return one === undefined || one === '' ? settings : { ...settings, filter_subjects: [one] };
}

function valueOf(config: Settings, setting: string, defaults: Settings): unknown {
  const fallback = defaults[setting];
  const value = config[setting];
  // No limit has several names.
  if (fallback === -1 && typeof value === 'number' && value <= 0) return fallback;
  return value === undefined || isNothing(value) ? (fallback ?? nothingLike(value)) : value;
}

/** Go's time that is none: the nats CLI sends it as a consumer's `pause_until`. */
const NO_TIME = '0001-01-01T00:00:00Z';

const isNothing = (value: unknown): boolean =>
  value === NO_TIME ||
  value === false ||
  value === 0 ||
  value === '' ||
  value === null ||
  (typeof value === 'object' && Object.keys(value).length === 0);

/** A difference is told with both sides, so what is left out is told as what it means. */
const nothingLike = (value: unknown): unknown => value ?? null;

function same({ desired, actual }: Drift): boolean {
  if (isNothing(desired) && isNothing(actual)) return true;
  return isDeepStrictEqual(inOrder(desired), inOrder(actual));
}

/** The order of a list, be it of subjects or of sources, means nothing. */
const inOrder = (value: unknown): unknown =>
  Array.isArray(value) ? value.map((item) => JSON.stringify(item)).sort() : value;

/** How many replicas `nats server check stream` expects; the only key that may have to go again. */
export const PEER_EXPECT = 'io.nats.monitor.peer-expect';

function ownMetadata(actual: unknown, desired: unknown): unknown {
  const own = new Set([PEER_EXPECT, ...Object.keys(desired ?? {})]);
  return Object.fromEntries(Object.entries(actual ?? {}).filter(([key]) => own.has(key)));
}
