import { findCurrency } from '../account/currency.ts';
import { environmentReader } from '../platform/environment.ts';
import type { Environment } from '../platform/environment.ts';
import { readServiceConfig } from '../platform/service-config.ts';
import type { ServiceConfig } from '../platform/service-config.ts';
import { DEFAULT_LIMITS } from './command-service.ts';
import type { CommandLimits } from './command-service.ts';

export interface Config extends ServiceConfig {
  /** ISO 4217 code of accounts created without one. */
  readonly defaultCurrency: string;
  /** Whether the retry of a keyed command that was refused stays refused. */
  readonly rememberRejections: boolean;
  /** Whether money may come into a frozen account. */
  readonly frozenTakesMoney: boolean;
  /** Beyond these, commands are refused as overloaded. */
  readonly limits: Pick<CommandLimits, 'queuedPerAccount' | 'openInAll'>;
}

const DEFAULT_PORT = 8080;
/** More than a process could answer before the first of them is out of time. */
const MOST_COMMANDS = 1_000_000;

/** @throws ConfigError naming every variable that is wrong. */
export function readConfig(variables: Environment): Config {
  const env = environmentReader(variables);
  const commandCount = (name: string, fallback: number) =>
    env.integer(name, fallback, { min: 1, max: MOST_COMMANDS });
  const config = {
    ...readServiceConfig(env, DEFAULT_PORT),
    defaultCurrency: env.checked('DEFAULT_CURRENCY', 'USD', (code) =>
      findCurrency(code) === undefined ? 'an ISO 4217 currency code such as USD' : undefined,
    ),
    rememberRejections: env.boolean('REMEMBER_REJECTIONS', true),
    frozenTakesMoney: env.boolean('FROZEN_TAKES_MONEY', true),
    limits: {
      queuedPerAccount: commandCount('MAX_WAITING_PER_ACCOUNT', DEFAULT_LIMITS.queuedPerAccount),
      openInAll: commandCount('MAX_OPEN_COMMANDS', DEFAULT_LIMITS.openInAll),
    },
  };
  env.done();
  return config;
}
