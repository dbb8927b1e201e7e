import { connectMongo, createMongoClient, databaseOf } from '../../platform/mongo.ts';
import { accountProjection } from '../../projections/account-projection.ts';
import type { Build } from '../../projections/build.ts';
import { controlStore } from '../../projections/control.ts';

/**
 * The live build and the one before it, which MongoDB alone knows; undefined before a service has
 * projected.
 * @throws Error when MongoDB does not answer.
 */
export async function knownBuilds(uri: string): Promise<readonly Build[] | undefined> {
  const mongo = createMongoClient(uri, 'jetbank');
  try {
    await connectMongo(mongo);
    const control = await controlStore(databaseOf(mongo), accountProjection.name).read();
    return control?.builds.filter(({ number }) =>
      [control.live, control.previous].includes(number),
    );
  } finally {
    await mongo.close();
  }
}
