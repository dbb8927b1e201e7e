import type { ConsumerConfig, ConsumerInfo, JetStreamManager } from '@nats-io/jetstream';
import { describedConsumer } from '../../event-store/jetstream/consumers.ts';
import { STREAM, TIMER_CONSUMER, TIMER_STREAM } from '../../event-store/jetstream/names.ts';
import { accountProjection } from '../../projections/account-projection.ts';
import { groupsOf } from '../../projections/build.ts';
import type { Build } from '../../projections/build.ts';
import { desiredConsumer } from '../../projections/durable-consumer.ts';

/** A consumer that should be there, and how the server has it. */
export interface WantedConsumer {
  readonly stream: string;
  readonly name: string;
  readonly config: Partial<ConsumerConfig>;
  readonly found: ConsumerInfo | undefined;
  /** Of a build that MongoDB, which was asked, does not know: its database was dropped, or is another. */
  readonly orphan: boolean;
}

/** Queries are answered from it; it is kept for a roll-back; a rebuild works on it, or was broken off. */
export type BuildUse = 'served' | 'kept' | 'unfinished';

/** A build, as MongoDB tells of it. */
export interface KnownBuild extends Build {
  readonly use: BuildUse;
  /** Stream sequences that its groups have come to, by their ids. */
  readonly checkpoints: ReadonlyMap<string, number>;
}

const { name: projection, version: shape } = accountProjection;

/**
 * The consumers of the read models' builds, those of them that are there besides, and the one of the
 * timers. Those should be there of which queries are answered or may be again. Only MongoDB knows
 * them; where it was not asked, they are those that have a consumer and, before any rebuild, the first
 * one, spread over so many groups. What is made begins after the group's checkpoint: events that were
 * applied long ago would be delivered before the first new one.
 */
export async function wantedConsumers(
  jsm: JetStreamManager,
  existing: ReadonlySet<string>,
  groups: number,
  builds: readonly KnownBuild[] | undefined,
): Promise<WantedConsumer[]> {
  const onLog = await consumersOf(jsm, existing, STREAM);
  const onTimers = await consumersOf(jsm, existing, TIMER_STREAM);
  const there = [...onLog.keys()].filter((name) => buildOf(name) !== undefined);
  const checkpoints = new Map(builds?.flatMap((build) => [...build.checkpoints]));
  const inUse = builds?.filter(({ use }) => use !== 'unfinished');
  const known = new Set(builds?.map(({ number }) => number));
  const wanted = (inUse ?? buildsThere(there, groups)).flatMap((build) => groupsOf(build));
  return [
    ...[...new Set([...wanted.map(({ id }) => id), ...there])].map((name) => ({
      stream: STREAM,
      name,
      config: groupConsumer(name, (checkpoints.get(name) ?? 0) + 1),
      found: onLog.get(name),
      orphan: builds !== undefined && !known.has(buildOf(name)?.number ?? 0),
    })),
    {
      stream: TIMER_STREAM,
      name: TIMER_CONSUMER,
      config: describedConsumer(TIMER_CONSUMER),
      found: onTimers.get(TIMER_CONSUMER),
      orphan: false,
    },
  ];
}

/** Once a rebuild has put another build in the place of the first, nobody misses the first one's. */
function buildsThere(names: readonly string[], groups: number): Build[] {
  const found = names.map(buildOf).filter((build) => build !== undefined);
  const isRebuilt = found.some(({ number }) => number > 1);
  const first = { projection, number: 1, shape, groups };
  return [...(isRebuilt ? [] : [first]), ...found];
}

async function consumersOf(
  jsm: JetStreamManager,
  streams: ReadonlySet<string>,
  stream: string,
): Promise<Map<string, ConsumerInfo>> {
  const found = new Map<string, ConsumerInfo>();
  if (!streams.has(stream)) return found;
  for await (const consumer of jsm.consumers.list(stream)) found.set(consumer.name, consumer);
  return found;
}

/** The build in a group consumer's name: `accounts-v2` or `accounts-v2-0of4`. */
export function buildOf(name: string): Build | undefined {
  const pattern = new RegExp(`^${projection}-v(\\d+)(?:-\\d+of(\\d+))?$`);
  const [, number, groups = '1'] = pattern.exec(name) ?? [];
  if (number === undefined) return undefined;
  return { projection, number: Number(number), shape, groups: Number(groups) };
}

function groupConsumer(name: string, fromSequence: number): Partial<ConsumerConfig> {
  const build = buildOf(name);
  const group = build && groupsOf(build).find(({ id }) => id === name);
  if (group === undefined) throw new Error(`${name} is no consumer of a read model`);
  return desiredConsumer(group, fromSequence);
}
