import type { FastifyRequest } from 'fastify';
import type { HttpServer } from '../../platform/http-types.ts';
import { ProblemError } from '../../platform/problem.ts';
import { PROOF_TIMEOUT_MS } from '../proof.ts';
import type { CurrencyProof } from '../proof.ts';
import { compareTransfers } from '../transfers-agree.ts';
import type { TransferProof } from '../transfers-agree.ts';
import { available, logAvailable, queryProblems } from './answers.ts';
import type { RouteOptions } from './route-options.ts';
import { ProofQuery, ProofView } from './proof-schemas.ts';
import { currencyProofView, transferProofView } from './views.ts';

/** Whether all money that came in is there or went out. */
export function proofRoutes(server: HttpServer, options: RouteOptions): void {
  const { store, log, position, untilVisible } = options;
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
      const sequence = await position();
      const proofs = await available(request, () => store.proof(sequence), PROOF_TIMEOUT_MS);
      const compared = await comparedWithLog(request, proofs, sequence);
      const currencies = proofs.map(currencyProofView);
      const transfers = transferProofView(compared);
      const agrees = transfers.agrees !== false && currencies.every((each) => each.agrees);
      return { sequence, agrees, transfers, currencies };
    },
  );

  /** Without the log the rest of the proof is still worth an answer. */
  async function comparedWithLog(
    request: FastifyRequest,
    proofs: readonly CurrencyProof[],
    sequence: number,
  ): Promise<TransferProof> {
    try {
      return await logAvailable(request, log, ({ events }, signal) =>
        compareTransfers(proofs, sequence, events, signal),
      );
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'unavailable') {
        return { kind: 'not_compared' };
      }
      throw error;
    }
  }
}
