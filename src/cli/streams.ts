import { setTimeout as sleep } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamManager } from '@nats-io/jetstream';
import { isClusterStarting, provisionStreams } from '../event-store/jetstream/provision.ts';
import type { ProvisionedStream } from '../event-store/jetstream/provision.ts';
import { provisionTimerConsumer } from '../event-store/jetstream/timer-consumer.ts';
import type { Drift } from '../event-store/jetstream/stream-config.ts';
import { environmentReader } from '../platform/environment.ts';
import type { Environment } from '../platform/environment.ts';
import { messageOf } from '../platform/message-of.ts';
import { connectNats, readNatsSettings } from '../platform/nats.ts';
import { accountProjection } from '../projections/account-projection.ts';
import { groupsOf, readProjectionGroups } from '../projections/build.ts';
import { provisionGroupConsumer } from '../projections/durable-consumer.ts';
import { noOperands, readArguments } from './arguments.ts';
import { CliError } from './cli-error.ts';

/** How long a cluster may take to come together, and how often it is asked, in milliseconds. */
const CLUSTER_START_MS = 30_000;
const RETRY_MS = 1_000;

const { name: projection, version: shape } = accountProjection;
const firstBuild = { projection, number: 1, shape };

/** Makes what is missing of the streams and consumers; reports a difference, never changes one. */
export async function applyStreams(args: readonly string[], variables: Environment): Promise<void> {
  noOperands(readArguments(args, {}).positionals);
  const env = environmentReader(variables);
  const settings = readNatsSettings(env);
  const replicas = env.integer('STREAM_REPLICAS', 1, { min: 1, max: 5 });
  const groups = readProjectionGroups(env);
  env.done();
  const nc = await connectNats('jetbank', settings).catch((error: unknown) => {
    throw new CliError(messageOf(error));
  });
  try {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    for (const stream of await provisionPatiently(jsm, replicas)) {
      print(`stream ${stream.name}: ${stream.created ? 'made' : 'there already'}`);
      stream.drift.map(describe).forEach(print);
    }
    for (const group of groupsOf({ ...firstBuild, groups })) {
      await provisionGroupConsumer(jsm, group, true, 0);
      print(`consumer ${group.id}: there`);
    }
    const timers = await provisionTimerConsumer(jsm, true);
    print(`consumer ${timers.name}: there`);
  } finally {
    await nc.close();
  }
}

/** Waits for a cluster that is still coming together, a bounded time. */
async function provisionPatiently(
  jsm: JetStreamManager,
  replicas: number,
): Promise<ProvisionedStream[]> {
  const giveUp = performance.now() + CLUSTER_START_MS;
  for (;;) {
    try {
      return await provisionStreams(jsm, { create: true, replicas });
    } catch (error) {
      if (!isClusterStarting(error) || performance.now() > giveUp) throw error;
      print(`waiting for the cluster: ${messageOf(error)}`);
      await sleep(RETRY_MS);
    }
  }
}

const describe = ({ setting, desired, actual }: Drift) =>
  `  differs in ${setting}: streams/ says ${JSON.stringify(desired)}, the server has ${JSON.stringify(actual)}`;

const print = (line: string) => void process.stdout.write(`${line}\n`);
