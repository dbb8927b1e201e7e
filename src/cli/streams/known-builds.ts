import type { Db } from 'mongodb';
import { connectMongo, createMongoClient, databaseOf } from '../../platform/mongo.ts';
import { accountProjection } from '../../projections/account-projection.ts';
import { groupsOf } from '../../projections/build.ts';
import type { Build } from '../../projections/build.ts';
import { checkpointStore } from '../../projections/checkpoint.ts';
import { buildToServe, controlStore } from '../../projections/control.ts';
import type { BuildUse, KnownBuild } from './desired-consumers.ts';

/**
 * The builds and what each is for, which MongoDB alone knows; undefined before a service has
 * projected.
 * @throws Error when MongoDB does not answer.
 */
export async function knownBuilds(uri: string): Promise<readonly KnownBuild[] | undefined> {
  const mongo = createMongoClient(uri, 'jetbank');
  try {
    await connectMongo(mongo);
    const db = databaseOf(mongo);
    const control = await controlStore(db, accountProjection.name).read();
    if (control === undefined) return undefined;
    const served = buildToServe(control, accountProjection)?.number ?? control.live;
    const useOf = ({ number }: Build): BuildUse => {
      if (number === served) return 'served';
      return [control.live, control.previous].includes(number) ? 'kept' : 'unfinished';
    };
    return await Promise.all(
      control.builds.map(async (build) => ({
        ...build,
        use: useOf(build),
        checkpoints: await checkpointsOf(db, build),
      })),
    );
  } finally {
    await mongo.close();
  }
}

/** A group without a checkpoint has nothing. */
async function checkpointsOf(db: Db, build: Build): Promise<ReadonlyMap<string, number>> {
  const found = await Promise.all(
    groupsOf(build).map(async ({ id }): Promise<[string, number]> => {
      const checkpoint = await checkpointStore(db, id).read();
      return [id, checkpoint?.sequence ?? 0];
    }),
  );
  return new Map(found);
}
