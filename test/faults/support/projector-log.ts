import { logged } from '../../support/bank.ts';
import type { BankService } from '../../support/bank.ts';
import { send } from '../../support/http.ts';

/** A failure as a query service's log tells it. */
export interface LoggedFailure {
  /** How long the projector waits before it begins again, in milliseconds. */
  readonly waitMs: number;
  readonly reason: string;
}

export const failuresOf = ({ process }: BankService): LoggedFailure[] =>
  logged(process, 'projection broke off') as unknown as LoggedFailure[];

/** How often it had to read events from the stream because they were not delivered in order. */
export const healingsOf = ({ process }: BankService): number =>
  logged(process, 'MongoDB lacks these events').length;

type Checks = Readonly<Record<string, { readonly ok: boolean; readonly detail: string }>>;

/** What GET /readyz says of the checks that failed; empty where the service is ready. */
export async function notReady({ url }: BankService): Promise<Readonly<Record<string, string>>> {
  const { checks } = (await send(`${url}/readyz`)).body as { readonly checks: Checks };
  const failed = Object.entries(checks).filter(([, { ok }]) => !ok);
  return Object.fromEntries(failed.map(([name, { detail }]) => [name, detail]));
}
