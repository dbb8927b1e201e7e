import { Type } from 'typebox';
import { PROBLEMS, RETRYABLE } from './problem.ts';
import type { ProblemCode } from './problem.ts';

const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  instance: Type.String(),
  code: Type.String(),
  requestId: Type.String(),
  errors: Type.Optional(Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() }))),
});

const RETRY_AFTER = {
  'retry-after': {
    type: 'integer',
    description:
      'Seconds after which the same request, with the same Idempotency-Key, makes sense.',
  },
};

/** The problem answers of a route, for its OpenAPI description: one a status, codes in the text. */
export function problemResponses(...codes: ProblemCode[]) {
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      status,
      {
        description: group.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('; '),
        ...(group.some((code) => RETRYABLE.has(code)) && { headers: RETRY_AFTER }),
        content: { 'application/problem+json': { schema: Problem } },
      },
    ]),
  );
}
