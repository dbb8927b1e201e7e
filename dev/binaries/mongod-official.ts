import { fileURLToPath } from 'node:url';
import { copyFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fetching } from './choice.ts';
import { installProgram, withTempFolder } from './cache.ts';
import { NPM_MONGOD } from './mongod-npm.ts';
import { run } from './run.ts';

const DOWNLOADER = fileURLToPath(new URL('./download-mongod.ts', import.meta.url));
const DOWNLOAD_TIMEOUT_MS = 15 * 60_000;
const STALL_TIMEOUT_MS = 20_000;
const LOOK_EVERY_MS = 5_000;

/**
 * Fetches MongoDB's own build for this operating system to `target`. A machine without internet
 * learns so at once; a connection that delivers nothing for 20 seconds is given up.
 */
export async function downloadOfficialMongod(
  version: string,
  target: string,
  { env, progress, signal }: Fetching,
): Promise<void> {
  await withTempFolder(env, async (folder) => {
    // The download library cannot be cancelled, so it runs in a process that can.
    const stalled = new AbortController();
    const watching = watchForStall(folder, stalled, progress);
    try {
      const path = await run(process.execPath, [DOWNLOADER, folder, version], {
        env: {
          ...env,
          // Its retries take seven seconds to find out that there is no internet: worth it only
          // where nothing else is left to try.
          ...(NPM_MONGOD.runsHere() ? { MONGOMS_MAX_RETRIES: '1' } : {}),
        },
        timeoutMs: DOWNLOAD_TIMEOUT_MS,
        signal: AbortSignal.any([stalled.signal, signal]),
      });
      await installProgram(await ownCopy(path.trim(), folder), target);
    } finally {
      clearInterval(watching);
    }
  });
}

/** The library may find a program that it fetched for another project: that one stays there. */
async function ownCopy(path: string, folder: string): Promise<string> {
  if (path.startsWith(folder)) return path;
  const copy = join(folder, 'mongod');
  await copyFile(path, copy);
  return copy;
}

function watchForStall(
  folder: string,
  stalled: AbortController,
  progress: (line: string) => void,
): NodeJS.Timeout {
  let lastBytes = 0;
  let lastGrowth = Date.now();
  return setInterval(() => {
    void bytesIn(folder).then((bytes) => {
      if (bytes > lastBytes) {
        progress(`mongod: ${Math.round(bytes / 1e6)} MB so far`);
        lastBytes = bytes;
        lastGrowth = Date.now();
      } else if (Date.now() - lastGrowth > STALL_TIMEOUT_MS) {
        stalled.abort(new Error(`nothing arrived for ${STALL_TIMEOUT_MS / 1000} s`));
      }
    });
  }, LOOK_EVERY_MS);
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder).catch(() => [])) {
    bytes += await stat(join(folder, name)).then(
      (entry) => entry.size,
      () => 0,
    );
  }
  return bytes;
}
