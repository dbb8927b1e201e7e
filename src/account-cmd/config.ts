import { findCurrency } from '../account/currency.ts';
import { environmentReader } from '../platform/environment.ts';
import type { Environment } from '../platform/environment.ts';
import { LOG_LEVELS } from '../platform/logger.ts';
import type { LogLevel } from '../platform/logger.ts';
import { readNatsSettings } from '../platform/nats.ts';
import type { NatsSettings } from '../platform/nats.ts';
import { DEFAULT_LIMITS } from './command-service.ts';
import type { CommandLimits } from './command-service.ts';

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly logLevel: LogLevel;
  readonly nats: NatsSettings;
  /** ISO 4217 code of accounts created without one. */
  readonly defaultCurrency: string;
  /** Whether missing streams are made. */
  readonly provision: boolean;
  readonly streamReplicas: number;
  /** Whether the retry of a keyed command that was refused stays refused. */
  readonly rememberRejections: boolean;
  /** Beyond these, commands are refused as overloaded. */
  readonly limits: Pick<CommandLimits, 'queuedPerAccount' | 'openInAll'>;
}

/** More than a process could answer before the first of them is out of time. */
const MOST_COMMANDS = 1_000_000;

/** @throws ConfigError naming every variable that is wrong. */
export function readConfig(variables: Environment): Config {
  const env = environmentReader(variables);
  const commandCount = (name: string, fallback: number) =>
    env.integer(name, fallback, { min: 1, max: MOST_COMMANDS });
  const config = {
    host: env.string('HOST', '127.0.0.1'),
    port: env.integer('PORT', 8080, { min: 0, max: 65_535 }),
    logLevel: env.oneOf('LOG_LEVEL', 'info', LOG_LEVELS),
    nats: readNatsSettings(env),
    defaultCurrency: env.checked('DEFAULT_CURRENCY', 'USD', (code) =>
      findCurrency(code) === undefined ? 'an ISO 4217 currency code such as USD' : undefined,
    ),
    provision: env.boolean('JETBANK_PROVISION', true),
    streamReplicas: env.integer('STREAM_REPLICAS', 1, { min: 1, max: 5 }),
    rememberRejections: env.boolean('REMEMBER_REJECTIONS', true),
    limits: {
      queuedPerAccount: commandCount('MAX_WAITING_PER_ACCOUNT', DEFAULT_LIMITS.queuedPerAccount),
      openInAll: commandCount('MAX_OPEN_COMMANDS', DEFAULT_LIMITS.openInAll),
    },
  };
  env.done();
  return config;
}
