import { startMongo } from '../../dev/stack/mongo.ts';
import type { MongoOptions, MongoServer } from '../../dev/stack/mongo.ts';
import type { FreshDatabase } from './mongo.ts';
import { tempFolder } from './temp-folder.ts';

export type OwnMongo = MongoServer & {
  /** A database on this server; it goes with the server. */
  readonly database: FreshDatabase;
  /** Stops the server and removes its data; call it in `afterAll`. */
  remove(): Promise<void>;
};

/**
 * A mongod of the test's own, for tests that stop it. Starting one takes some seconds: where it only
 * has to be there, use `freshDatabase`.
 */
export async function startOwnMongo(
  options: Omit<MongoOptions, 'dataDir'> = {},
): Promise<OwnMongo> {
  const folder = await tempFolder('own-mongo');
  const server = await startMongo({ ...options, dataDir: folder.path });
  const name = 'bank';
  const uri = server.uri.replace('/?', `/${name}?`);
  return Object.assign(server, {
    database: { uri, name, drop: () => Promise.resolve() },
    async remove() {
      await server.stop();
      await folder.remove();
    },
  });
}
