import { cp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accountProjection } from '../../src/projections/account-projection.ts';
import { COMMAND_SERVICE, QUERY_SERVICE } from './bank.ts';
import { tempFolder } from './temp-folder.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** The programs of another release: these sources with other schemas. */
export interface Release {
  readonly commandService: string;
  readonly queryService: string;
  readonly cli: string;
  /** Deletes the copy; call it in `afterAll`. */
  remove(): Promise<void>;
}

/** A copy of `src` and `streams`, whose folder of schemas `change` makes into the other release's. */
export async function releaseWith(change: (schemas: string) => Promise<void>): Promise<Release> {
  const folder = await tempFolder('release');
  const { path } = folder;
  for (const name of ['src', 'streams', 'package.json']) {
    await cp(join(REPOSITORY, name), join(path, name), { recursive: true });
  }
  await symlink(join(REPOSITORY, 'node_modules'), join(path, 'node_modules'));
  await change(join(path, 'streams/schemas'));
  return {
    commandService: join(path, COMMAND_SERVICE),
    queryService: join(path, QUERY_SERVICE),
    cli: join(path, 'src/cli/main.ts'),
    remove: () => folder.remove(),
  };
}

/** The release that did not know these schemas yet: `releaseWithout('MoneyDeposited.v3')`. */
export const releaseWithout = (...schemas: readonly string[]): Promise<Release> =>
  releaseWith(async (folder) => {
    for (const schema of schemas) await rm(join(folder, `${schema}.avsc`));
    const codec = join(folder, '../../src/event-store/event-codec.ts');
    // These sources need what only the newest schemas say; in the release before all accounts stood so.
    await changeSource(codec, '{ type: writer.name,', `{ ${AS_OPENED}, type: writer.name,`);
  });

/** The release whose read models are of another shape. */
export const releaseOfShape = (shape: number): Promise<Release> =>
  releaseWith(async (folder) => {
    const projection = join(folder, '../../src/projections/account-projection.ts');
    await changeSource(projection, `version: ${accountProjection.version}`, `version: ${shape}`);
  });

async function changeSource(path: string, from: string, to: string): Promise<void> {
  const source = await readFile(path, 'utf8');
  if (!source.includes(from)) throw new Error(`${path} has no "${from}" any more`);
  await writeFile(path, source.replace(from, to));
}

const AS_OPENED = "reference: null, held: 0n, overdraftLimit: 0n, status: 'open'";
