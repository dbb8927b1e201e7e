import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { progress } from './report.ts';

export interface RebuildRun {
  /** Of the whole command, in seconds. */
  readonly seconds: number;
  /** From its first step to its second: what it takes to read the log into the new build. */
  readonly replaySeconds: number;
  /** What it takes to compare a sample of the accounts with the log. */
  readonly checkSeconds: number;
  /** When the new build was made the live one, as performance.now() counts. */
  readonly flippedAt: number;
}

/** Runs `jetbank projections rebuild accounts` as a process. @throws Error when it fails. */
export async function runRebuild(env: Readonly<Record<string, string>>): Promise<RebuildRun> {
  const begin = performance.now();
  const child = spawn(process.execPath, ['src/cli/main.ts', 'projections', 'rebuild', 'accounts'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  const lines: { readonly line: string; readonly at: number }[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    progress(`  ${line}`);
    lines.push({ line, at: performance.now() });
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`the rebuild ended with ${String(code)}`);
  const timeOf = (step: string) => lines.find(({ line }) => line.startsWith(step))?.at ?? NaN;
  return {
    seconds: (performance.now() - begin) / 1000,
    replaySeconds: (timeOf('catching up') - timeOf('replaying')) / 1000,
    checkSeconds: (timeOf('making build') - timeOf('checking')) / 1000,
    flippedAt: timeOf('making build'),
  };
}
