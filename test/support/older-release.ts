import { cp, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { tempFolder } from './temp-folder.ts';

export interface OlderRelease {
  /** The older release's `src/account-query/main.ts` for `src/account-query/main.ts`. */
  entry(path: string): string;
  remove(): Promise<void>;
}

/** This release as one that has not heard of some schemas yet: `MoneyWithdrawn.v1.avsc`. */
export async function releaseWithoutSchemas(...files: readonly string[]): Promise<OlderRelease> {
  const folder = await tempFolder('older-release');
  const root = process.cwd();
  for (const part of ['src', 'streams']) {
    await cp(join(root, part), join(folder.path, part), { recursive: true });
  }
  await cp(join(root, 'package.json'), join(folder.path, 'package.json'));
  await symlink(join(root, 'node_modules'), join(folder.path, 'node_modules'));
  for (const file of files) await rm(join(folder.path, 'streams/schemas', file));
  return { entry: (path) => join(folder.path, path), remove: () => folder.remove() };
}
