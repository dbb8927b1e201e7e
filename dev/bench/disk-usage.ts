import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What `stat` counts blocks in, whatever the file system's are. */
const BYTES_A_BLOCK = 512;

/** What the files of a folder take on the disk, in bytes. */
export async function diskUsage(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = files.map(
    async ({ parentPath, name }) => (await stat(join(parentPath, name))).blocks * BYTES_A_BLOCK,
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
