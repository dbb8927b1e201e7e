import type { HttpServer } from '../../platform/http-types.ts';
import { ProblemError } from '../../platform/problem.ts';
import type { CommandService } from '../command-service.ts';
import { cashRoutes } from './cash-routes.ts';
import { holdRoutes } from './hold-routes.ts';
import { lifeCycleRoutes } from './life-cycle-routes.ts';
import { transferRoutes } from './transfer-routes.ts';

export interface RouteOptions {
  /** The command service, or why there is none right now. */
  readonly service: () => CommandService | { readonly unavailable: string };
  /** ISO 4217 code of accounts created without one. */
  readonly defaultCurrency: string;
}

/** The commands of the HTTP contract. */
export function commandRoutes(
  server: HttpServer,
  { service, defaultCurrency }: RouteOptions,
): void {
  const execute: CommandService['execute'] = (request) => {
    const current = service();
    if (!('unavailable' in current)) return current.execute(request);
    throw new ProblemError('unavailable', `${current.unavailable}; nothing was done`, {
      retryAfterSeconds: 1,
    });
  };
  cashRoutes(server, execute, defaultCurrency);
  transferRoutes(server, execute);
  holdRoutes(server, execute);
  lifeCycleRoutes(server, execute);
}
