import type { Db } from 'mongodb';
import { connectMongo, createMongoClient, databaseOf } from '../../platform/mongo.ts';
import { accountProjection } from '../../projections/account-projection.ts';
import { groupsOf } from '../../projections/build.ts';
import type { Build } from '../../projections/build.ts';
import { checkpointStore } from '../../projections/checkpoint.ts';
import { controlStore } from '../../projections/control.ts';
import type { KnownBuild } from './desired-consumers.ts';

/**
 * The live build and the one before it, which MongoDB alone knows; undefined before a service has
 * projected.
 * @throws Error when MongoDB does not answer.
 */
export async function knownBuilds(uri: string): Promise<readonly KnownBuild[] | undefined> {
  const mongo = createMongoClient(uri, 'jetbank');
  try {
    await connectMongo(mongo);
    const db = databaseOf(mongo);
    const control = await controlStore(db, accountProjection.name).read();
    const known = control?.builds.filter(({ number }) =>
      [control.live, control.previous].includes(number),
    );
    return known && (await Promise.all(known.map((build) => withCheckpoints(db, build))));
  } finally {
    await mongo.close();
  }
}

/** A group without a checkpoint has nothing. */
async function withCheckpoints(db: Db, build: Build): Promise<KnownBuild> {
  const found = await Promise.all(
    groupsOf(build).map(async ({ id }): Promise<[string, number]> => {
      const checkpoint = await checkpointStore(db, id).read();
      return [id, checkpoint?.sequence ?? 0];
    }),
  );
  return { ...build, checkpoints: new Map(found) };
}
