import { environmentReader } from '../platform/environment.ts';
import type { Environment } from '../platform/environment.ts';
import { LOG_LEVELS } from '../platform/logger.ts';
import type { LogLevel } from '../platform/logger.ts';
import { readMongoUri } from '../platform/mongo.ts';
import { readNatsSettings } from '../platform/nats.ts';
import type { NatsSettings } from '../platform/nats.ts';

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly logLevel: LogLevel;
  readonly nats: NatsSettings;
  readonly mongoUri: string;
  /** Whether missing streams and consumers are made. */
  readonly provision: boolean;
  readonly streamReplicas: number;
  /** Clients of live events at once, at most. */
  readonly liveClients: number;
}

/** @throws ConfigError naming every variable that is wrong. */
export function readConfig(variables: Environment): Config {
  const env = environmentReader(variables);
  const config = {
    host: env.string('HOST', '127.0.0.1'),
    port: env.integer('PORT', 8081, { min: 0, max: 65_535 }),
    logLevel: env.oneOf('LOG_LEVEL', 'info', LOG_LEVELS),
    nats: readNatsSettings(env),
    mongoUri: readMongoUri(env),
    provision: env.boolean('JETBANK_PROVISION', true),
    streamReplicas: env.integer('STREAM_REPLICAS', 1, { min: 1, max: 5 }),
    liveClients: env.integer('LIVE_CLIENTS', 1_000, { min: 0, max: 100_000 }),
  };
  env.done();
  return config;
}
