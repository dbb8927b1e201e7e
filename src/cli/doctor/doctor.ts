import { environmentReader } from '../../platform/environment.ts';
import type { Environment } from '../../platform/environment.ts';
import { messageOf } from '../../platform/message-of.ts';
import { readMongoUri } from '../../platform/mongo.ts';
import { readNatsSettings } from '../../platform/nats-settings.ts';
import type { NatsSettings } from '../../platform/nats-settings.ts';
import { readProjectionGroups } from '../../projections/build.ts';
import { noOperands, readArguments } from '../arguments.ts';
import { CliError } from '../cli-error.ts';
import { EXIT } from '../command.ts';
import { withNats } from '../nats-only.ts';
import { knownBuilds } from '../streams/known-builds.ts';
import { readReplicas } from '../streams/replicas.ts';
import type { PlanOptions } from '../streams/plan.ts';
import { fail } from './finding.ts';
import type { Finding } from './finding.ts';
import { mongoChecks } from './mongo-checks.ts';
import { natsChecks } from './nats-checks.ts';
import { streamChecks } from './stream-checks.ts';

/** `jetbank doctor`: looks at everything, changes nothing. */
export async function doctor(args: readonly string[], variables: Environment): Promise<void> {
  const { values, positionals } = readArguments(args, { json: { type: 'boolean' } });
  noOperands(positionals);
  const env = environmentReader(variables);
  const settings = readNatsSettings(env);
  const uri = readMongoUri(env);
  const groups = readProjectionGroups(env);
  const replicas = readReplicas(variables, env);
  env.done();
  // Where MongoDB is away, its own checks tell.
  const builds = await knownBuilds(uri).catch(() => undefined);
  const options = { replicas, groups, builds, permits: { fewerReplicas: false } };
  const findings = (await Promise.all([natsFindings(settings, options), mongoChecks(uri)])).flat();
  const failed = findings.some(({ level }) => level === 'fail');
  if (values.json === true) print(JSON.stringify({ healthy: !failed, findings }));
  else findings.flatMap(linesOf).forEach(print);
  if (failed) process.exitCode = EXIT.failure;
}

async function natsFindings(settings: NatsSettings, options: PlanOptions): Promise<Finding[]> {
  try {
    return await withNats(settings, async (nats) => [
      ...(await natsChecks(nats)),
      ...(await streamChecks(nats, options).catch((error: unknown) => [
        fail('stream', messageOf(error), 'see nats.jetstream and nats.permissions'),
      ])),
    ]);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return [
      fail('nats.connection', error.message, 'start NATS, or set NATS_URL and the credentials'),
    ];
  }
}

function linesOf({ check, level, detail, remedy }: Finding): string[] {
  const line = `${level.padEnd(4)}  ${check}: ${detail}`;
  return remedy === undefined ? [line] : [line, `      do: ${remedy}`];
}

const print = (line: string) => void process.stdout.write(`${line}\n`);
