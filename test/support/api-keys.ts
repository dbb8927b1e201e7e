import { rename, writeFile } from 'node:fs/promises';
import { newKey } from '../../src/platform/auth/api-keys.ts';
import type { KeyEntry } from '../../src/platform/auth/api-keys.ts';

/** A key with its entry for the keys file. */
export interface TestKey {
  readonly key: string;
  readonly entry: KeyEntry;
}

export function testKey(
  name: string,
  scopes: KeyEntry['scopes'],
  more: Partial<KeyEntry> = {},
): TestKey {
  const { key, sha256 } = newKey(name);
  return { key, entry: { name, sha256, scopes, ...more } };
}

/** Writes the keys file as an editor would: nobody reads half of it. */
export async function writeKeys(path: string, keys: readonly TestKey[]): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify({ keys: keys.map(({ entry }) => entry) }));
  await rename(`${path}.new`, path);
}

export const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` });
