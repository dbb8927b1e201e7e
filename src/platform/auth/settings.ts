import type { EnvironmentReader } from '../environment.ts';
import { messageOf } from '../message-of.ts';
import { isLoopback } from '../loopback.ts';
import { loadCallers, MOST_REQUESTS_PER_SECOND } from './api-keys.ts';
import type { JwtSettings } from './jwt.ts';

/** Who may send requests. */
export type AuthSettings =
  | {
      readonly kind: 'off';
      /** Because only this machine reaches the service, or because somebody said so. */
      readonly because: 'loopback' | 'HTTP_AUTH';
    }
  | AuthOn;

export interface AuthOn {
  readonly kind: 'on';
  readonly keysFile: string | undefined;
  readonly jwt: JwtSettings | undefined;
  /** Of each caller that has no limit of its own; 0: none. */
  readonly requestsPerSecond: number;
  /** Whether /metrics needs the scope `ops`, too. */
  readonly guardMetrics: boolean;
}

const WAYS =
  'HTTP_API_KEYS_FILE ("jetbank keys create" makes one), or HTTP_JWT_JWKS_URL with HTTP_JWT_ISSUER and HTTP_JWT_AUDIENCE';

/** Authentication is on where it is configured; where it is not, only a service on the loopback interface starts. */
export function readAuthSettings(env: EnvironmentReader, host: string): AuthSettings {
  const wanted = env.oneOf('HTTP_AUTH', 'auto', ['auto', 'on', 'off']);
  const on = readAuthOn(env);
  const configured = on.keysFile !== undefined || on.jwt !== undefined;
  if (on.requestsPerSecond > 0 && (wanted === 'off' || !configured)) {
    env.reject(`HTTP_RATE_LIMIT counts by caller, and there is no authentication: set ${WAYS}`);
  }
  if (wanted === 'off') return { kind: 'off', because: 'HTTP_AUTH' };
  if (wanted === 'on' && !configured) env.reject(`HTTP_AUTH is on: set ${WAYS}`);
  if (configured || wanted === 'on') return on;
  if (!isLoopback(host)) {
    env.reject(
      `HOST is ${host}, which other machines may reach, and there is no authentication: set ${WAYS}; ` +
        'or HTTP_AUTH=off where something in front of the service sees to it',
    );
  }
  return { kind: 'off', because: 'loopback' };
}

function readAuthOn(env: EnvironmentReader): AuthOn {
  return {
    kind: 'on',
    keysFile: readKeysPath(env),
    jwt: readJwtSettings(env),
    requestsPerSecond: env.integer('HTTP_RATE_LIMIT', 0, { min: 0, max: MOST_REQUESTS_PER_SECOND }),
    guardMetrics: env.boolean('HTTP_METRICS_AUTH', false),
  };
}

function readKeysPath(env: EnvironmentReader): string | undefined {
  const path = env.optional('HTTP_API_KEYS_FILE');
  if (path === undefined) return undefined;
  try {
    loadCallers(path);
  } catch (error) {
    env.reject(messageOf(error));
  }
  return path;
}

function readJwtSettings(env: EnvironmentReader): JwtSettings | undefined {
  const url = env.checked('HTTP_JWT_JWKS_URL', '', (text) =>
    isTrusted(text) ? undefined : 'an https:// URL (http:// on this machine only)',
  );
  const issuer = env.optional('HTTP_JWT_ISSUER');
  const audience = env.optional('HTTP_JWT_AUDIENCE');
  if (url === '' && issuer === undefined && audience === undefined) return undefined;
  if (url === '' || issuer === undefined || audience === undefined) {
    env.reject(
      'HTTP_JWT_JWKS_URL, HTTP_JWT_ISSUER and HTTP_JWT_AUDIENCE go together: set all three',
    );
    return undefined;
  }
  return { jwksUrl: new URL(url), issuer, audience };
}

/** Whoever could change the keys on their way could sign tokens. */
function isTrusted(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}
