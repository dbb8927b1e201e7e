// Runs once for a whole test run, before any test file: one mongod that all of them share.
import type { TestProject } from 'vitest/node';
import { reasonOf } from '../../dev/stack-error.ts';
import { startMongo } from '../../dev/stack/mongo.ts';
import { tempFolder } from './temp-folder.ts';

/** Where the shared mongod is, or why there is none. */
export type SharedMongo = { readonly uri: string } | { readonly missing: string };

declare module 'vitest' {
  export interface ProvidedContext {
    sharedMongo: SharedMongo;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await tempFolder('mongo');
  try {
    const mongo = await startMongo({
      dataDir: folder.path,
      report: (line) => console.log(line),
    });
    project.provide('sharedMongo', { uri: mongo.uri });
    return async () => {
      await mongo.stop();
      await folder.remove();
    };
  } catch (error) {
    // The tests that need no database still run; those that do fail with this reason.
    project.provide('sharedMongo', { missing: reasonOf(error) });
    return () => folder.remove();
  }
}
