import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandRoutes } from '../../src/account-cmd/http/routes.ts';
import { projectionsRoute } from '../../src/account-query/http/projections-route.ts';
import { queryRoutes } from '../../src/account-query/http/routes.ts';
import type { RouteOptions } from '../../src/account-query/http/route-options.ts';
import { newKey } from '../../src/platform/auth/api-keys.ts';
import type { Scope } from '../../src/platform/auth/caller.ts';
import { createHttpServer } from '../../src/platform/http-server.ts';
import type { HttpServer } from '../../src/platform/http-types.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { tempFolder } from '../support/temp-folder.ts';
import type { TempFolder } from '../support/temp-folder.ts';

/** What anybody may ask for. Whoever adds a route here opens it to the world. */
const OPEN = /^\/(healthz|readyz|openapi\.json|metrics|docs(\/.*)?)$/;

let folder: TempFolder;
/** A key for each scope alone. */
const keys = new Map<Scope, string>();

beforeAll(async () => {
  folder = await tempFolder('every-route');
  const entries = (['accounts:read', 'accounts:write', 'ops'] as const).map((scope) => {
    const { key, sha256 } = newKey(scope.replace(':', '-'));
    keys.set(scope, key);
    return { name: scope.replace(':', '-'), sha256, scopes: [scope] };
  });
  await writeFile(join(folder.path, 'keys.json'), JSON.stringify({ keys: entries }));
});
afterAll(() => folder.remove());

async function shell(scope: Scope, guardMetrics: boolean): Promise<HttpServer> {
  const keysFile = join(folder.path, 'keys.json');
  return createHttpServer({
    title: 'test',
    auth: { kind: 'on', keysFile, jwt: undefined, requestsPerSecond: 0, guardMetrics },
    scope,
    tls: undefined,
    log: createLogger('test', 'silent'),
    metrics: createMetrics('test'),
    checks: {},
    draining: new AbortController().signal,
    stopping: new AbortController().signal,
  });
}

async function commandService(guardMetrics = false): Promise<HttpServer> {
  const server = await shell('accounts:write', guardMetrics);
  commandRoutes(server, { defaultCurrency: 'USD', service: () => ({ unavailable: 'a test' }) });
  return server;
}

async function queryService(guardMetrics = false): Promise<HttpServer> {
  const server = await shell('accounts:read', guardMetrics);
  // No request of this test gets as far as to what the routes answer from.
  queryRoutes(server, { log: () => undefined } as unknown as RouteOptions);
  projectionsRoute(server, () => Promise.resolve([]));
  return server;
}

interface Route {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
  readonly url: string;
}

/** Every route of the server's own table, hidden ones and those of plugins included. */
async function routesOf(server: HttpServer): Promise<Route[]> {
  await server.ready();
  const prefixes: string[] = [];
  const lines = server.printRoutes({ commonPrefix: false }).trimEnd().split('\n');
  return lines.flatMap((line) => {
    const [, indent = '', part = '', methods = ''] =
      /^([ │]*)[├└]── (.*?)(?: \((.*)\))?$/.exec(line) ?? [];
    const depth = indent.length / 4;
    const url = (prefixes[depth - 1] ?? '') + part;
    prefixes[depth] = url;
    if (methods === '') return [];
    return methods.split(', ').map((method) => ({ method, url }) as Route);
  });
}

describe.each([
  ['commands', commandService, 11],
  ['queries', queryService, 14],
] as const)('the service of the %s', (_, start, guarded) => {
  test('opens no route but those that are known to be open', async () => {
    const server = await start();
    const routes = await routesOf(server);
    const closed = routes.filter(({ url }) => !OPEN.test(url));
    expect(closed.length).toBe(guarded);
    for (const { method, url } of closed) {
      const anonymous = await server.inject({ method, url });
      expect(anonymous.statusCode, `${method} ${url}`).toBe(401);
      expect(anonymous.headers['www-authenticate']).toBe('Bearer realm="jetbank"');
    }
    for (const url of [
      '/healthz',
      '/readyz',
      '/metrics',
      '/openapi.json',
      '/docs/static/swagger-ui.css',
    ]) {
      expect((await server.inject({ method: 'GET', url })).statusCode, url).toBe(200);
    }
  });

  test('lets a caller in with the one right scope only, and names it to others', async () => {
    const server = await start(true);
    for (const { method, url } of await routesOf(server)) {
      if (OPEN.test(url) && url !== '/metrics') continue;
      const right = rightScope(url, start === commandService);
      for (const [scope, key] of keys) {
        if (scope === right) continue;
        const answer = await server.inject({ method, url, headers: bearer(key) });
        expect(answer.statusCode, `${method} ${url} with ${scope}`).toBe(403);
        expect(answer.headers['www-authenticate']).toBe(
          `Bearer realm="jetbank", error="insufficient_scope", scope="${right}"`,
        );
        if (method !== 'HEAD') {
          expect(answer.json()).toMatchObject({
            code: 'insufficient_scope',
            detail: `key:${scope.replace(':', '-')} lacks the scope ${right}`,
          });
        }
      }
      // Of no account, and with a query that no route knows: far enough to know that it was let in.
      const letIn = await server.inject({
        method,
        url: `${url.replaceAll(/:\w+/g, 'x')}?unknown=1`,
        headers: bearer(keys.get(right) ?? ''),
      });
      expect([401, 403], `${method} ${url} with ${right}`).not.toContain(letIn.statusCode);
    }
  });

  test('says so in its OpenAPI description', async () => {
    const server = await start();
    const { components, paths } = (await server.inject('/openapi.json')).json<OpenApi>();
    expect(components.securitySchemes).toMatchObject({
      apiKey: { type: 'http', scheme: 'bearer' },
    });
    for (const [path, operations] of Object.entries(paths)) {
      for (const { security, responses } of Object.values(operations)) {
        expect(security).toEqual([{ apiKey: [rightScope(path, start === commandService)] }]);
        expect(Object.keys(responses)).toEqual(expect.arrayContaining(['401', '403', '429']));
      }
    }
  });
});

interface OpenApi {
  readonly components: { readonly securitySchemes: unknown };
  readonly paths: Record<
    string,
    Record<string, { readonly security: unknown; readonly responses: object }>
  >;
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

function rightScope(url: string, commands: boolean): Scope {
  if (url === '/projections' || url === '/metrics') return 'ops';
  return commands ? 'accounts:write' : 'accounts:read';
}
