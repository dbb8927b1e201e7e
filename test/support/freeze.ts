import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { eventually } from './await.ts';

/** A server that can be sent signals. */
export interface Signalled {
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
}

/**
 * Stops a server where it stands (SIGSTOP), and resolves once it does: of a process with many threads
 * one takes the signal, and until that one's turn comes the others go on.
 */
export async function freeze(server: Signalled): Promise<void> {
  server.kill('SIGSTOP');
  const threads = `/proc/${server.pid}/task`;
  if (!existsSync(threads)) return;
  await eventually(
    async () => {
      const states = (await readdir(threads)).map(async (thread) =>
        stateIn(await readFile(`${threads}/${thread}/stat`, 'utf8')),
      );
      return (await Promise.all(states)).every((state) => state === 'T');
    },
    { what: 'a process that stands still' },
  );
}

/** The letter after the name, which may hold anything but ends with the last parenthesis. */
const stateIn = (stat: string) => stat.slice(stat.lastIndexOf(')') + 2).charAt(0);
