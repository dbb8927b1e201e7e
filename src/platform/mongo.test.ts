import { expect, test } from 'vitest';
import { environmentReader } from './environment.ts';
import { createMongoClient, readMongoUri } from './mongo.ts';

const SECONDARY = 'mongodb://127.0.0.1:1/bank?readPreference=secondaryPreferred';

test('reads go to the primary, whatever the URI says', () => {
  const client = createMongoClient(SECONDARY, 'test');
  expect(client.db('bank').collection('accounts').readPreference?.mode).toBe('primary');
});

test('a URI that says more of secondaries is refused by its name', () => {
  const env = environmentReader({ MONGO_URI: `${SECONDARY}&maxStalenessSeconds=120` });
  readMongoUri(env);
  expect(() => env.done()).toThrow(/MONGO_URI.*maxStalenessSeconds/);
});
