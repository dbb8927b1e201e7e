import type { Document } from 'mongodb';
import { messageOf } from '../../platform/message-of.ts';
import { addressesOf, connectMongo, createMongoClient, databaseOf } from '../../platform/mongo.ts';
import { accountProjection } from '../../projections/account-projection.ts';
import { parkedCollection, parkedStore } from '../../projections/parked.ts';
import { counted } from '../counted.ts';
import { findLiveBuild } from '../live-build.ts';
import { atLeast, clockFinding, fail, ok, warn } from './finding.ts';
import type { Finding } from './finding.ts';

const LEAST_VERSION = '7.0.0';

/** MongoDB itself, and what of the read models needs somebody. */
export async function mongoChecks(uri: string): Promise<Finding[]> {
  const client = createMongoClient(uri, 'jetbank');
  try {
    await connectMongo(client);
    const admin = client.db('admin');
    const before = Date.now();
    const hello = await admin.command({ hello: 1 });
    const after = Date.now();
    const { version } = await admin.command({ buildInfo: 1 });
    return [
      ok('mongo.connection', addressesOf(client)),
      versionFinding(String(version)),
      clockFinding('mongo.clock', before, Number(hello['localTime']), after),
      topologyFinding(hello),
      await parkedFinding(databaseOf(client)),
    ];
  } catch (error) {
    return [fail('mongo.connection', messageOf(error), 'start MongoDB, or set MONGO_URI')];
  } finally {
    await client.close();
  }
}

const versionFinding = (version: string): Finding =>
  atLeast(version, LEAST_VERSION)
    ? ok('mongo.version', version)
    : fail('mongo.version', version, `use MongoDB ${LEAST_VERSION} or newer`);

/** One server is enough for read models, which can be made again; it takes them down with it. */
function topologyFinding({ isWritablePrimary, setName, hosts }: Document): Finding {
  const check = 'mongo.durability';
  if (isWritablePrimary !== true) {
    return fail(
      check,
      'the server takes no writes',
      'name the replica set in MONGO_URI, and its members',
    );
  }
  const members = Array.isArray(hosts) ? hosts.length : 1;
  if (members > 1) return ok(check, `replica set ${String(setName)} of ${members}`);
  return warn(check, 'one server', 'a replica set of three goes on answering when one is away');
}

async function parkedFinding(db: ReturnType<typeof databaseOf>): Promise<Finding> {
  const check = 'mongo.read-models';
  const live = await findLiveBuild({ db });
  if (live === undefined) return warn(check, 'none yet', 'start account-query');
  const collection = parkedCollection(db, accountProjection.name, live);
  const parked = await parkedStore(collection).count();
  if (parked === 0) return ok(check, `build ${live.number}, no account is parked`);
  return fail(
    check,
    counted(parked, 'account is parked', 'accounts are parked'),
    '"jetbank projections status" tells why',
  );
}
