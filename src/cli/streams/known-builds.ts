import { connectMongo, createMongoClient, databaseOf } from '../../platform/mongo.ts';
import { accountProjection } from '../../projections/account-projection.ts';
import type { Build } from '../../projections/build.ts';
import { buildToServe, controlStore } from '../../projections/control.ts';
import { readGroupSequences } from '../../projections/group-positions.ts';
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
        checkpoints: new Map(
          (await readGroupSequences(db, build)).map(({ group, sequence }) => [group.id, sequence]),
        ),
      })),
    );
  } finally {
    await mongo.close();
  }
}
