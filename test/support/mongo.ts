import { randomUUID } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { inject } from 'vitest';
// For the type of what the setup provides.
import type {} from './global-setup.ts';

export interface FreshDatabase {
  /** A connection string that names the database: `mongodb://127.0.0.1:PORT/NAME?replicaSet=rs0`. */
  readonly uri: string;
  readonly name: string;
  /** Drops the database; call it in `afterAll`. */
  drop(): Promise<void>;
}

/** An empty database of its own on the test run's mongod. Fails when there is no mongod. */
export function freshDatabase(): FreshDatabase {
  const shared = inject('sharedMongo');
  if ('missing' in shared) throw new Error(`this test needs MongoDB: ${shared.missing}`);
  const name = `test-${randomUUID()}`;
  const url = new URL(shared.uri);
  url.pathname = `/${name}`;
  const uri = url.toString();
  return { uri, name, drop: () => dropDatabase(uri, name) };
}

async function dropDatabase(uri: string, name: string): Promise<void> {
  const client = new MongoClient(uri);
  try {
    await client.db(name).dropDatabase();
  } finally {
    await client.close();
  }
}
