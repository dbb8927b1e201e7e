import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** For tests: puts a shell script into `folder` that stands in for a program. */
export async function fakeProgram(folder: string, name: string, script: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return path;
}
