import { invalid } from './read-request.ts';
import { readTime } from '../../platform/read-time.ts';

/** When in an account's past: after one of its versions, or at a time in milliseconds since 1970. */
export type Moment = { readonly version: number } | { readonly time: number };

interface MomentQuery {
  readonly asOf?: string;
  readonly asOfVersion?: number;
}

/** Undefined is now. @throws ProblemError `invalid_request` naming the parameter. */
export function readMoment({ asOf, asOfVersion }: MomentQuery): Moment | undefined {
  if (asOf !== undefined && asOfVersion !== undefined) {
    throw invalid('asOfVersion', 'asOfVersion and asOf exclude each other');
  }
  if (asOfVersion !== undefined) return { version: asOfVersion };
  return asOf === undefined ? undefined : { time: readTime('asOf', asOf, 'down').getTime() };
}
