import { readAuthSettings } from './auth/settings.ts';
import type { AuthSettings } from './auth/settings.ts';
import type { EnvironmentReader } from './environment.ts';
import { readTlsSettings } from './http-tls.ts';
import type { TlsSettings } from './http-tls.ts';
import { LOG_LEVELS } from './logger.ts';
import type { LogLevel } from './logger.ts';
import { readNatsSettings } from './nats-settings.ts';
import type { NatsSettings } from './nats-settings.ts';
import { readTracingSettings } from './tracing-settings.ts';
import type { TracingSettings } from './tracing-settings.ts';

/** The settings that both services have. */
export interface ServiceConfig {
  readonly host: string;
  readonly port: number;
  readonly auth: AuthSettings;
  /** Undefined: plain HTTP. */
  readonly tls: TlsSettings | undefined;
  readonly logLevel: LogLevel;
  readonly nats: NatsSettings;
  /** Whether what is missing on the NATS server, streams and consumers, is made. */
  readonly provision: boolean;
  readonly streamReplicas: number;
  /** How long the service serves on once it was told to stop, in milliseconds. */
  readonly drainMs: number;
  /** Undefined: no traces. */
  readonly tracing: TracingSettings | undefined;
}

const MOST_DRAIN_SECONDS = 600;

export function readServiceConfig(env: EnvironmentReader, defaultPort: number): ServiceConfig {
  const host = env.string('HOST', '127.0.0.1');
  return {
    host,
    port: env.integer('PORT', defaultPort, { min: 0, max: 65_535 }),
    auth: readAuthSettings(env, host),
    tls: readTlsSettings(env),
    logLevel: env.oneOf('LOG_LEVEL', 'info', LOG_LEVELS),
    nats: readNatsSettings(env),
    provision: env.boolean('JETBANK_PROVISION', true),
    streamReplicas: env.integer('STREAM_REPLICAS', 1, { min: 1, max: 5 }),
    drainMs: env.integer('DRAIN_SECONDS', 0, { min: 0, max: MOST_DRAIN_SECONDS }) * 1_000,
    tracing: readTracingSettings(env),
  };
}
