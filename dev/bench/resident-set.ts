import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const KIB_A_MIB = 1024;

/** What the process holds in memory, in MiB. */
export async function residentSet(pid: number): Promise<number> {
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout) / KIB_A_MIB;
}
