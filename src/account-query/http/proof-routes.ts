import type { HttpServer } from '../../platform/http-types.ts';
import { PROOF_TIMEOUT_MS } from '../proof.ts';
import { available, queryProblems } from './answers.ts';
import type { RouteOptions } from './route-options.ts';
import { ProofQuery, ProofView } from './schemas.ts';
import { currencyProofView } from './views.ts';

/** Whether all money that came in is there or went out. */
export function proofRoutes(server: HttpServer, options: RouteOptions): void {
  const { store, position, untilVisible } = options;
  server.get(
    '/proof',
    {
      schema: {
        summary: 'All money per currency: in, out and there',
        querystring: ProofQuery,
        response: { 200: ProofView, ...queryProblems },
      },
    },
    async (request) => {
      await untilVisible(request.query.minSequence);
      // Before the sums: later events may be in them, none before is missing.
      const sequence = position();
      const proofs = await available(request, () => store.proof(), PROOF_TIMEOUT_MS);
      const currencies = proofs.map(currencyProofView);
      return { sequence, agrees: currencies.every(({ agrees }) => agrees), currencies };
    },
  );
}
