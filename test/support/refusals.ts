import { jetstreamManager } from '@nats-io/jetstream';
import { expect } from 'vitest';
import { STREAM } from '../../src/event-store/jetstream/names.ts';
import type { Bank } from './bank.ts';
import type { Answer } from './http.ts';

/** What the answer to a bad request must be. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  /** JSON Pointers of the fields at fault; undefined where the fault is not in a field. */
  readonly pointers?: readonly string[];
}

/** Words that only the inside of the service knows. */
const INSIDES = /\n\s+at |node_modules|node:|file:|\.ts\b|\/src\/|FST_|Error:/;

/** The answer is a complete RFC 9457 problem that tells nothing of the service's inside. */
export function expectRefusal(answer: Answer, { status, code, pointers }: Refusal): void {
  const { problem } = answer;
  expect(problem, answer.text).toMatchObject({ status, code });
  expect(answer.status).toBe(status);
  expect(problem.type).toBe(`urn:jetbank:problem:${code}`);
  expect(problem.title).not.toBe('');
  expect(problem.detail).not.toBe('');
  expect(problem.instance).toMatch(/^\//);
  expect(problem.requestId).toMatch(/^[\x21-\x7e]+$/);
  expect(answer.headers.get('x-request-id')).toBe(problem.requestId);
  expect(problem.errors?.map(({ pointer }) => pointer)).toEqual(pointers);
  for (const { detail } of problem.errors ?? []) expect(detail).not.toBe('');
  expect(answer.text).not.toMatch(INSIDES);
}

/** How many events the log has ever taken. */
export async function logLength(bank: Bank): Promise<number> {
  const jsm = await jetstreamManager(bank.nc);
  const { state } = await jsm.streams.info(STREAM);
  expect(state.messages).toBe(state.last_seq);
  return state.messages;
}
