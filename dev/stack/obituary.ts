import { describeExit } from './child.ts';
import type { Exit } from './child.ts';
import { linesOf } from './log-file.ts';

const TOLD_LOG_LINES = 5;
const TOLD_LINE_LENGTH = 300;

/** What to tell of a process that ended although nobody asked it to: how, and its last words. */
export async function obituary(name: string, exit: Exit, logFile: string): Promise<string> {
  const lines = await linesOf({ file: logFile, start: 0 }).catch(() => []);
  const last = lines.slice(-TOLD_LOG_LINES).map((line) => `\n  ${line.slice(0, TOLD_LINE_LENGTH)}`);
  return `${name} ended by itself (${describeExit(exit)}); the end of ${logFile}:${last.join('')}`;
}
