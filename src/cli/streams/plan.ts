import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import {
  configDrift,
  CONSUMER_DEFAULTS,
  STREAM_DEFAULTS,
} from '../../event-store/jetstream/config-drift.ts';
import type { Drift } from '../../event-store/jetstream/config-drift.ts';
import type { Verdict } from '../../event-store/jetstream/change-verdict.ts';
import { judgeConsumerChange } from '../../event-store/jetstream/consumer-change.ts';
import { SNAPSHOT_STREAM, STREAM, TIMER_STREAM } from '../../event-store/jetstream/names.ts';
import { backupSentInto } from '../../event-store/jetstream/restoring.ts';
import { judgeStreamChange } from '../../event-store/jetstream/stream-change.ts';
import type { ChangePermits } from '../../event-store/jetstream/stream-change.ts';
import { desiredStream, findStream } from '../../event-store/jetstream/stream-config.ts';
import { wantedConsumers } from './desired-consumers.ts';
import type { KnownBuild, WantedConsumer } from './desired-consumers.ts';

/** A setting that differs, and whether `apply` may change it. */
export interface PlannedChange extends Drift {
  readonly verdict: Verdict;
}

/** What is to be done about one stream or consumer. */
export interface PlanItem {
  readonly kind: 'stream' | 'consumer';
  readonly stream: string;
  /** The consumer's name, or the stream's once more. */
  readonly name: string;
  readonly action: 'create' | 'update' | 'refuse' | 'none';
  readonly changes: readonly PlannedChange[];
  /** The whole desired configuration. */
  readonly desired: object;
  /** How the server has it; undefined where it does not. */
  readonly actual: object | undefined;
  /** A consumer of a build that MongoDB, which was asked, does not know. */
  readonly orphan?: boolean;
  /** The log's stream, while a backup is sent into it or after that broke off: it gets no consumers. */
  readonly restoring?: boolean;
}

export interface PlanOptions {
  /** Undefined: as many as there are. */
  readonly replicas: number | undefined;
  /** Groups of the first build's consumers. */
  readonly groups: number;
  /** The builds, some of which should have consumers; undefined where MongoDB was not asked for them. */
  readonly builds?: readonly KnownBuild[] | undefined;
  readonly permits: ChangePermits;
}

/** Compares the server with `streams/`; changes nothing. Streams come before their consumers. */
export async function planStreams(
  jsm: JetStreamManager,
  { replicas, groups, builds, permits }: PlanOptions,
): Promise<PlanItem[]> {
  const found = new Map<string, StreamInfo>();
  for (const name of [STREAM, SNAPSHOT_STREAM, TIMER_STREAM]) {
    const info = await findStream(jsm, name);
    if (info !== undefined) found.set(name, info);
  }
  const likeTheLog = found.get(STREAM)?.config.num_replicas ?? 1;
  const streams = [STREAM, SNAPSHOT_STREAM, TIMER_STREAM].map((name) => {
    const info = found.get(name);
    return streamItem(name, replicas ?? info?.config.num_replicas ?? likeTheLog, info, permits);
  });
  const consumers = await wantedConsumers(jsm, new Set(found.keys()), groups, builds);
  const restoring = streams.filter((item) => item.restoring).map(({ stream }) => stream);
  const wanted = consumers.filter(({ stream }) => !restoring.includes(stream));
  return [...streams, ...wanted.map(consumerItem)];
}

function streamItem(
  name: string,
  replicas: number,
  info: StreamInfo | undefined,
  permits: ChangePermits,
): PlanItem {
  const desired = desiredStream(name, replicas);
  const identity = { kind: 'stream', stream: name, name, desired } as const;
  if (info === undefined) return { ...identity, action: 'create', changes: [], actual: undefined };
  const changes = configDrift(desired, info.config, STREAM_DEFAULTS).map((drift) => ({
    ...drift,
    verdict: judgeStreamChange(drift, info, permits),
  }));
  const restoring = backupSentInto(info.config) !== undefined;
  return { ...identity, action: actionOf(changes), changes, actual: info.config, restoring };
}

/** Where a consumer began is a fact of its life, not of `streams/`: a rebuild begins where it stands. */
const BEGINNING: ReadonlySet<string> = new Set(['deliver_policy', 'opt_start_seq']);

function consumerItem({ stream, name, config: desired, found, orphan }: WantedConsumer): PlanItem {
  const identity = { kind: 'consumer', stream, name, desired, orphan } as const;
  if (found === undefined) return { ...identity, action: 'create', changes: [], actual: undefined };
  const changes = configDrift(desired, found.config, CONSUMER_DEFAULTS)
    .filter(({ setting }) => !BEGINNING.has(setting))
    .map((drift) => ({ ...drift, verdict: judgeConsumerChange(drift, stream, name) }));
  return { ...identity, action: actionOf(changes), changes, actual: found.config };
}

function actionOf(changes: readonly PlannedChange[]): PlanItem['action'] {
  if (changes.length === 0) return 'none';
  return changes.some(({ verdict }) => verdict.kind === 'safe') ? 'update' : 'refuse';
}

/** Whether the plan has to leave something as it is. */
export const isRefused = ({ changes }: PlanItem): boolean =>
  changes.some(({ verdict }) => verdict.kind === 'refused');
