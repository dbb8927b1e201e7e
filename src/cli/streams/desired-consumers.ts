import type { ConsumerConfig, ConsumerInfo, JetStreamManager } from '@nats-io/jetstream';
import { describedConsumer } from '../../event-store/jetstream/consumers.ts';
import { STREAM, TIMER_CONSUMER, TIMER_STREAM } from '../../event-store/jetstream/names.ts';
import { accountProjection } from '../../projections/account-projection.ts';
import { groupsOf } from '../../projections/build.ts';
import { desiredConsumer } from '../../projections/durable-consumer.ts';

/** A consumer that should be there, and how the server has it. */
export interface WantedConsumer {
  readonly stream: string;
  readonly name: string;
  readonly config: Partial<ConsumerConfig>;
  readonly found: ConsumerInfo | undefined;
}

const { name: projection, version: shape } = accountProjection;

/**
 * The consumers of the first build of the read models, spread over so many groups, those of every
 * later build that are there, and the one of the timers. Once a rebuild has put another build in the
 * place of the first, nobody misses the first one's.
 */
export async function wantedConsumers(
  jsm: JetStreamManager,
  existing: ReadonlySet<string>,
  groups: number,
): Promise<WantedConsumer[]> {
  const onLog = await consumersOf(jsm, existing, STREAM);
  const onTimers = await consumersOf(jsm, existing, TIMER_STREAM);
  const laterBuild = [...onLog.keys()].some((name) => (buildOf(name)?.number ?? 1) > 1);
  const first = groupsOf({ projection, number: 1, shape, groups }).map(({ id }) => id);
  const names = new Set([
    ...(laterBuild ? [] : first),
    ...[...onLog.keys()].filter((name) => buildOf(name) !== undefined),
  ]);
  return [
    ...[...names].map((name) => ({
      stream: STREAM,
      name,
      config: groupConsumer(name),
      found: onLog.get(name),
    })),
    {
      stream: TIMER_STREAM,
      name: TIMER_CONSUMER,
      config: describedConsumer(TIMER_CONSUMER),
      found: onTimers.get(TIMER_CONSUMER),
    },
  ];
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

/** The build and the spread in a group consumer's name: `accounts-v2` or `accounts-v2-0of4`. */
function buildOf(name: string): { number: number; groups: number } | undefined {
  const pattern = new RegExp(`^${projection}-v(\\d+)(?:-\\d+of(\\d+))?$`);
  const [, number, groups = '1'] = pattern.exec(name) ?? [];
  return number === undefined ? undefined : { number: Number(number), groups: Number(groups) };
}

function groupConsumer(name: string): Partial<ConsumerConfig> {
  const build = buildOf(name);
  const group = build && groupsOf({ projection, shape, ...build }).find(({ id }) => id === name);
  if (group === undefined) throw new Error(`${name} is no consumer of a read model`);
  return desiredConsumer(group);
}
