import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TempFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** A new empty folder for one test; `what` is part of its name. */
export async function tempFolder(what: string): Promise<TempFolder> {
  const path = await mkdtemp(join(tmpdir(), `jetbank-${what}-`));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}
