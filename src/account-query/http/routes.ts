import type { HttpServer } from '../../platform/http-types.ts';
import { accountRoutes } from './account-routes.ts';
import { historyRoutes } from './history-routes.ts';
import { liveRoutes } from './live-routes.ts';
import { proofRoutes } from './proof-routes.ts';
import type { RouteOptions } from './route-options.ts';
import { statementRoutes } from './statement-routes.ts';

/** The queries of the HTTP contract. */
export function queryRoutes(server: HttpServer, options: RouteOptions): void {
  accountRoutes(server, options);
  statementRoutes(server, options);
  historyRoutes(server, options);
  liveRoutes(server, options);
  proofRoutes(server, options);
}
