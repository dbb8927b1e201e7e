import type { StreamInfo } from '@nats-io/jetstream';
import { refused, SAFE, unknownChange } from './change-verdict.ts';
import type { Verdict } from './change-verdict.ts';
import type { Drift } from './config-drift.ts';
import { SNAPSHOT_STREAM } from './names.ts';
import { RESTORING, backupSentInto } from './restoring.ts';
import { covers } from './subject-cover.ts';

/** What the operator allows that is safe only for who knows why. */
export interface ChangePermits {
  readonly fewerReplicas: boolean;
}

export type StreamFacts = Pick<StreamInfo, 'config' | 'state' | 'ts' | 'cluster'>;

interface StreamChange extends Drift {
  readonly stream: StreamFacts;
  readonly permits: ChangePermits;
}

type Rule = (change: StreamChange) => Verdict;

/**
 * Whether the stream may get the setting that `streams/` says without losing anything it holds, now or
 * later. What nothing is known of is refused.
 */
export function judgeStreamChange(
  drift: Drift,
  stream: StreamFacts,
  permits: ChangePermits,
): Verdict {
  if (backupSentInto(stream.config) !== undefined) {
    return refused(RESTORING.reason, RESTORING.remedy);
  }
  const rule = RULES.get(drift.setting);
  if (rule === undefined) return unknownChange(drift, `nats stream edit ${stream.config.name}`);
  return rule({ ...drift, stream, permits });
}

const anyway: Rule = () => SAFE;

/** The server refuses to take these back, and the services rely on them. */
const onlyOn: Rule = ({ setting, desired, stream }) =>
  desired === true
    ? SAFE
    : refused(
        `${setting} protects what ${stream.config.name} holds, or the services need it`,
        `put "${setting}": true back into streams/${stream.config.name}.json`,
      );

const forLife: Rule = ({ setting, stream }) =>
  refused(`a stream keeps its ${setting} for life: another one needs a new stream`, remake(stream));

/** A new stream in the place of one that is there. */
function remake({ config: { name } }: StreamFacts): string {
  return name === SNAPSHOT_STREAM
    ? `the snapshots can be thrown away: "nats stream rm ${name}", then "jetbank streams apply"`
    : `put the server's value into streams/${name}.json; or stop the services and copy the stream into ` +
        'a new one with "nats stream add --mirror", which keeps its sequences';
}

const subjects: Rule = ({ desired, actual, stream }) => {
  const next = listOf(desired);
  const dropped = listOf(actual).filter((old) => !next.some((subject) => covers(subject, old)));
  if (dropped.length === 0) return SAFE;
  return refused(
    `${dropped.join(', ')} would not be stored any more, and whoever publishes there would get no answer`,
    `keep it among the subjects of streams/${stream.config.name}.json`,
  );
};

const replicas: Rule = ({ desired, actual, stream, permits }) => {
  // A server on its own takes the number as it is given, and keeps one copy.
  if (Number(desired) > 1 && stream.cluster?.name === undefined) {
    return refused(
      'the server is not in a cluster, so there would be one copy whatever the number says',
      'set STREAM_REPLICAS or --replicas to 1, or connect to a cluster',
    );
  }
  if (Number(desired) > Number(actual) || permits.fewerReplicas) return SAFE;
  return refused(
    `fewer replicas survive fewer failures: ${Number(desired)} instead of ${Number(actual)}`,
    'set STREAM_REPLICAS or --replicas to what you have, or say --allow-fewer-replicas',
  );
};

/** Whether the stream is to keep all it was ever given. */
const keepsForEver = ({ config }: StreamFacts): boolean => config.deny_delete && config.deny_purge;

const age: Rule = ({ desired, stream }) => {
  const limit = Number(desired);
  if (limit === 0) return SAFE;
  const raise = `set "max_age": 0 in streams/${stream.config.name}.json`;
  if (keepsForEver(stream)) return refused('the server would delete every message in time', raise);
  const { messages, first_ts: first } = stream.state;
  const now = Date.parse(stream.ts ?? '') || Date.now();
  const oldest = messages === 0 ? 0 : (now - Date.parse(first)) * NANOS_A_MILLISECOND;
  if (oldest < limit) return SAFE;
  return refused('the server would delete messages that are older at once', raise);
};

const NANOS_A_MILLISECOND = 1_000_000;

/** A limit on all that the stream holds; `held` is how much that is. */
const atMost =
  (held: (stream: StreamFacts) => number): Rule =>
  ({ setting, desired, stream }) => {
    const limit = Number(desired);
    if (limit === -1) return SAFE;
    const raise = `raise ${setting} in streams/${stream.config.name}.json, or set it to -1`;
    if (keepsForEver(stream) && stream.config.discard === 'old') {
      return refused('the server would delete the oldest messages once the limit is met', raise);
    }
    if (held(stream) <= limit) return SAFE;
    return refused(`the stream holds more: ${held(stream)}`, raise);
  };

/** One subject can hold at most what the others, with one message each, leave over. */
const mostOnOneSubject = ({ state: { messages, num_subjects: count = 0 } }: StreamFacts): number =>
  messages === 0 ? 0 : messages - Math.max(count - 1, 0);

const perSubject: Rule = (change) => {
  const { desired, stream } = change;
  if (Number(desired) === -1) return SAFE;
  const raise = `set "max_msgs_per_subject": -1 in streams/${stream.config.name}.json`;
  if (keepsForEver(stream)) return refused('an account would lose its oldest events', raise);
  return atMost(mostOnOneSubject)(change);
};

const discard: Rule = ({ desired, stream }) =>
  desired === 'new' || !keepsForEver(stream)
    ? SAFE
    : refused(
        'a full stream would delete its oldest messages instead of refusing new ones',
        `set "discard": "new" in streams/${stream.config.name}.json`,
      );

const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

const RULES: ReadonlyMap<string, Rule> = new Map([
  ['description', anyway],
  ['metadata', anyway],
  ['compression', anyway],
  ['duplicate_window', anyway],
  ['max_msg_size', anyway],
  ['max_consumers', anyway],
  ['placement', anyway],
  ['allow_direct', onlyOn],
  ['allow_atomic', onlyOn],
  ['allow_msg_schedules', onlyOn],
  ['allow_rollup_hdrs', onlyOn],
  ['deny_delete', onlyOn],
  ['deny_purge', onlyOn],
  ['storage', forLife],
  ['retention', forLife],
  ['persist_mode', forLife],
  ['subjects', subjects],
  ['num_replicas', replicas],
  ['max_age', age],
  ['max_msgs', atMost(({ state }) => state.messages)],
  ['max_bytes', atMost(({ state }) => state.bytes)],
  ['max_msgs_per_subject', perSubject],
  ['discard', discard],
]);
