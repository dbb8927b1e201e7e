/**
 * The ceiling that the command service is measured against: Fastify with the same route and body
 * schema, and one JetStream publish with an expected sequence. No domain, no event, no idempotency.
 */
import { jetstream, JetStreamApiError } from '@nats-io/jetstream';
import fastify from 'fastify';
import { connect } from 'nats';
import { serveBare } from './serve-bare.ts';

const nc = await connect({ servers: process.env['NATS_URL'] ?? '', noAsyncTraces: true });
const js = jetstream(nc);
const lastSequences = new Map<string, number>();
/** As many bytes as a MoneyDeposited event. */
const payload = new Uint8Array(150);

const server = fastify();
server.post<{ Params: { accountId: string }; Body: { amount: number } }>(
  '/accounts/:accountId/deposit',
  {
    schema: {
      body: {
        type: 'object',
        required: ['amount'],
        properties: { amount: { type: 'number' } },
        additionalProperties: false,
      },
      response: {
        200: {
          type: 'object',
          properties: { accountId: { type: 'string' }, sequence: { type: 'integer' } },
        },
      },
    },
  },
  async (request, reply) => {
    const { accountId } = request.params;
    const expect = { lastSubjectSequence: lastSequences.get(accountId) ?? 0 };
    try {
      const ack = await js.publish(`bench.bare.${accountId}`, payload, { expect });
      lastSequences.set(accountId, ack.seq);
      return { accountId, sequence: ack.seq };
    } catch (error) {
      if (error instanceof JetStreamApiError) return reply.code(409).send();
      throw error;
    }
  },
);
await serveBare(server);
