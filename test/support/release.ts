import { cp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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
    await standAsOpened(join(folder, '../../src/event-store/event-codec.ts'));
  });

/**
 * Lets events say what the newest schemas would: these sources need it, and in the release before
 * there was nothing else.
 */
async function standAsOpened(codec: string): Promise<void> {
  const source = await readFile(codec, 'utf8');
  const changed = source.replace('{ type: writer.name,', `{ ${AS_OPENED}, type: writer.name,`);
  if (changed === source) throw new Error(`${codec} makes events in another way now`);
  await writeFile(codec, changed);
}

const AS_OPENED = "reference: null, held: 0n, overdraftLimit: 0n, status: 'open'";
