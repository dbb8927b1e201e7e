import { readFileSync } from 'node:fs';

/** The version that package.json states. */
export function releaseVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}
