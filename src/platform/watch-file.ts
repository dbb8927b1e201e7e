import { watchFile } from 'node:fs';

/** How often a file is looked at, in milliseconds. */
const EVERY_MS = 1_000;

/**
 * Calls back after each change of the file, also where a link to it is set anew, as Kubernetes does
 * with mounted secrets. Keeps no process alive.
 */
export function onFileChange(path: string, changed: () => void): void {
  watchFile(path, { interval: EVERY_MS, persistent: false }, (now, before) => {
    if (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino || now.size !== before.size) {
      changed();
    }
  });
}
