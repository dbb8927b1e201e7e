import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The path of a file of this repository, given from its root. */
export const inRepository = (...parts: string[]): string => join(ROOT, ...parts);

export const readText = (path: string): string => readFileSync(inRepository(path), 'utf8');

export const packageJson = JSON.parse(readText('package.json')) as {
  readonly version: string;
  readonly optionalDependencies: Readonly<Record<string, string>>;
};
