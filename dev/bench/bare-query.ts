/**
 * The ceiling that the query service is measured against: Fastify with the same answer schema, and
 * one findOne. No views, no waiting, no problems.
 */
import fastify from 'fastify';
import { createMongoClient, databaseOf } from '../../src/platform/mongo.ts';
import { AccountView } from '../../src/account-query/http/schemas.ts';
import type { AccountDocument } from '../../src/projections/accounts.ts';
import { serveBare } from './serve-bare.ts';

const mongo = createMongoClient(process.env['MONGO_URI'] ?? '', 'bare-query');
const accounts = databaseOf(mongo).collection<AccountDocument>('accounts_v1');

const server = fastify();
server.get<{ Params: { accountId: string } }>(
  '/accounts/:accountId',
  { schema: { response: { 200: AccountView } } },
  async (request, reply) => {
    const document = await accounts.findOne({ _id: request.params.accountId });
    if (document === null) return reply.code(404).send();
    const { _id, balance, held, overdraftLimit, sequence, ...rest } = document;
    const money = { balance, held, overdraftLimit, available: balance - held + overdraftLimit };
    const texts = Object.entries(money).map(([field, units]) => [field, String(units)]);
    return { ...rest, ...Object.fromEntries(texts), accountId: _id, sequence: Number(sequence) };
  },
);
await serveBare(server);
