import { environmentReader } from '../platform/environment.ts';
import type { Environment } from '../platform/environment.ts';
import { readMongoUri } from '../platform/mongo.ts';
import { readServiceConfig } from '../platform/service-config.ts';
import type { ServiceConfig } from '../platform/service-config.ts';
import { readProjectionGroups } from '../projections/build.ts';

export interface Config extends ServiceConfig {
  readonly mongoUri: string;
  /** Over how many groups of shards, and so workers, the first build of a projection is spread. */
  readonly projectionGroups: number;
  /** Clients of live events at once, at most. */
  readonly liveClients: number;
  /** A client of live events that has taken nothing for so long is cut off, in milliseconds. */
  readonly liveStalledMs: number;
}

const DEFAULT_PORT = 8081;

/** @throws ConfigError naming every variable that is wrong. */
export function readConfig(variables: Environment): Config {
  const env = environmentReader(variables);
  const config = {
    ...readServiceConfig(env, DEFAULT_PORT),
    mongoUri: readMongoUri(env),
    projectionGroups: readProjectionGroups(env),
    liveClients: env.integer('LIVE_CLIENTS', 1_000, { min: 0, max: 100_000 }),
    liveStalledMs: env.integer('LIVE_STALLED_SECONDS', 20, { min: 1, max: 600 }) * 1_000,
  };
  env.done();
  return config;
}
