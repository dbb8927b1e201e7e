import { spawn } from 'node:child_process';
import { findNatsCli } from '../../dev/binaries/go-tools.ts';

const RUN_TIMEOUT_MS = 20_000;

export interface NatsCliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface NatsCli {
  /** Absolute path of the program. */
  readonly path: string;
  /** Runs `nats ARGS` against the server at `url`, from an empty configuration; never rejects. */
  run(
    args: readonly string[],
    options: { readonly url: string; readonly stdin?: string; readonly cwd?: string },
  ): Promise<NatsCliResult>;
}

/**
 * The nats CLI v0.4.0, or why there is none. Await it at the top of a test file, and
 * `describe.skipIf('missing' in cli)`: where Go is there, the first call builds it, which takes a
 * minute or two.
 */
export async function natsCli(): Promise<{ readonly cli: NatsCli } | { readonly missing: string }> {
  const { path, why } = await findNatsCli({ progress: (line) => console.log(line) });
  if (path === undefined) {
    console.warn(`tests of the nats CLI are skipped: ${why}`);
    return { missing: why };
  }
  return { cli: { path, run: (args, options) => runCli(path, args, options) } };
}

function runCli(
  path: string,
  args: readonly string[],
  options: { readonly url: string; readonly stdin?: string; readonly cwd?: string },
): Promise<NatsCliResult> {
  return new Promise((resolve) => {
    const child = spawn(path, ['--no-context', '--server', options.url, ...args], {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      timeout: RUN_TIMEOUT_MS,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', (error) => resolve({ code: null, stdout, stderr: error.message }));
    child.once('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin ?? '');
  });
}
