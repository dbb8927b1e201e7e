import { accountProjection } from '../projections/account-projection.ts';
import type { Build } from '../projections/build.ts';
import { controlStore } from '../projections/control.ts';
import { CliError } from './cli-error.ts';
import type { Connections } from './connections.ts';

/** The build that queries are answered from; undefined before a service has projected. */
export async function findLiveBuild({ db }: Pick<Connections, 'db'>): Promise<Build | undefined> {
  const control = await controlStore(db, accountProjection.name).read();
  return control?.builds.find(({ number }) => number === control.live);
}

/** @throws CliError before a service has projected. */
export async function liveBuild(connections: Pick<Connections, 'db'>): Promise<Build> {
  const build = await findLiveBuild(connections);
  if (build !== undefined) return build;
  throw new CliError('no service has projected into this database yet: start account-query first');
}
