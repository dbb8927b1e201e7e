import { runNode } from './processes.ts';
import type { RunningProgram } from './processes.ts';

export interface JetbankResult {
  /** The exit code, or the signal's name. */
  readonly exit: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

export const CLI = 'src/cli/main.ts';

/** Starts the operator's command with this environment on top of the test's. */
export const startJetbank = (
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
): RunningProgram => runNode([CLI, ...args], env);

/** Runs it to its end. */
export async function jetbank(
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<JetbankResult> {
  const program = startJetbank(env, ...args);
  const exit = await program.exit;
  return { exit, stdout: program.stdout.join('\n'), stderr: program.stderr.join('\n') };
}

/** As {@link jetbank}; fails with all that it printed unless it ends with 0. Answers its stdout. */
export async function jetbankOk(
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<string> {
  const { exit, stdout, stderr } = await jetbank(env, ...args);
  if (exit === 0) return stdout;
  throw new Error(`jetbank ${args.join(' ')} ended with ${exit}:\n${stdout}\n${stderr}`);
}
