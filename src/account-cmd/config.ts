import { findCurrency } from '../account/currency.ts';
import { environmentReader } from '../platform/environment.ts';
import type { Environment } from '../platform/environment.ts';
import { readServiceConfig } from '../platform/service-config.ts';
import type { ServiceConfig } from '../platform/service-config.ts';

export interface Config extends ServiceConfig {
  /** ISO 4217 code of accounts created without one. */
  readonly defaultCurrency: string;
  /** Whether the retry of a keyed command that was refused stays refused. */
  readonly rememberRejections: boolean;
}

const DEFAULT_PORT = 8080;

/** @throws ConfigError naming every variable that is wrong. */
export function readConfig(variables: Environment): Config {
  const env = environmentReader(variables);
  const config = {
    ...readServiceConfig(env, DEFAULT_PORT),
    defaultCurrency: env.checked('DEFAULT_CURRENCY', 'USD', (code) =>
      findCurrency(code) === undefined ? 'an ISO 4217 currency code such as USD' : undefined,
    ),
    rememberRejections: env.boolean('REMEMBER_REJECTIONS', true),
  };
  env.done();
  return config;
}
