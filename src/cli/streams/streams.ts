import { setTimeout as sleep } from 'node:timers/promises';
import type { JetStreamManager } from '@nats-io/jetstream';
import { isClusterStarting } from '../../event-store/jetstream/provision.ts';
import { environmentReader } from '../../platform/environment.ts';
import type { Environment } from '../../platform/environment.ts';
import { messageOf } from '../../platform/message-of.ts';
import { readMongoUri } from '../../platform/mongo.ts';
import { readNatsSettings } from '../../platform/nats-settings.ts';
import { readProjectionGroups } from '../../projections/build.ts';
import { EXIT } from '../command.ts';
import { withNats } from '../nats-only.ts';
import { applyPlan } from './apply.ts';
import type { KnownBuild } from './desired-consumers.ts';
import { knownBuilds } from './known-builds.ts';
import { isRefused, planStreams } from './plan.ts';
import type { PlanItem, PlanOptions } from './plan.ts';
import { jsonOf, linesOf } from './print-plan.ts';
import { readReplicas } from './replicas.ts';
import { streamsArgs } from './streams-args.ts';
import type { StreamsArgs, StreamsCommand } from './streams-args.ts';

/** How long a cluster may take to come together, and how often it is asked, in milliseconds. */
const CLUSTER_START_MS = 30_000;
const RETRY_MS = 1_000;

/** `jetbank streams diff|plan|apply`. */
export async function streams(
  command: StreamsCommand,
  args: readonly string[],
  variables: Environment,
): Promise<void> {
  const given = streamsArgs(command, args);
  const env = environmentReader(variables);
  const settings = readNatsSettings(env);
  const replicas = given.replicas ?? readReplicas(variables, env);
  const groups = readProjectionGroups(env);
  const isMongoNamed = env.secret('MONGO_URI') !== undefined;
  const mongoUri = isMongoNamed ? readMongoUri(env) : undefined;
  env.done();
  const builds = mongoUri === undefined ? undefined : await buildsIn(mongoUri);
  const options = { replicas, groups, builds, permits: { fewerReplicas: given.fewerReplicas } };
  await withNats(settings, ({ jsm }) => run(jsm, command, given, options));
}

/** The streams are looked at all the same where MongoDB is away. */
async function buildsIn(mongoUri: string): Promise<readonly KnownBuild[] | undefined> {
  try {
    return await knownBuilds(mongoUri);
  } catch (error) {
    process.stderr.write(`which builds need consumers is not known: ${messageOf(error)}\n`);
    return undefined;
  }
}

async function run(
  jsm: JetStreamManager,
  command: StreamsCommand,
  { json }: StreamsArgs,
  options: PlanOptions,
): Promise<void> {
  const show = (item: PlanItem) => {
    if (!json) linesOf(item, command).forEach(print);
  };
  const plan =
    command === 'apply'
      ? await applyPatiently(jsm, options, show)
      : await planStreams(jsm, options);
  const refused = plan.some(isRefused);
  const different = plan.some(({ action }) => action !== 'none');
  if (json) print(JSON.stringify({ different, refused, items: plan.map(jsonOf) }));
  else if (command !== 'apply') plan.forEach(show);
  if (command === 'diff' ? different : refused) process.exitCode = EXIT.failure;
}

/** Plans and applies; waits a bounded time for a cluster that is still coming together. */
async function applyPatiently(
  jsm: JetStreamManager,
  options: PlanOptions,
  show: (item: PlanItem) => void,
): Promise<PlanItem[]> {
  const giveUp = performance.now() + CLUSTER_START_MS;
  const done = new Map<string, PlanItem>();
  for (;;) {
    try {
      await applyPlan(jsm, await planStreams(jsm, options), (item) => {
        const key = `${item.kind} ${item.stream} ${item.name}`;
        if (done.has(key)) return;
        done.set(key, item);
        show(item);
      });
      return [...done.values()];
    } catch (error) {
      if (!isClusterStarting(error) || performance.now() > giveUp) throw error;
      process.stderr.write(`waiting for the cluster: ${messageOf(error)}\n`);
      await sleep(RETRY_MS);
    }
  }
}

const print = (line: string) => void process.stdout.write(`${line}\n`);
