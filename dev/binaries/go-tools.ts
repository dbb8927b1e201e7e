import { reasonOf } from '../stack-error.ts';
import { cachedProgram, installProgram, withTempFolder } from './cache.ts';
import type { BinaryChoice, LookupOptions } from './choice.ts';
import { findOnPath, isAtLeast, isExecutable } from './on-path.ts';
import type { WantedProgram } from './on-path.ts';
import { join } from 'node:path';
import { run } from './run.ts';

/** Building Helm from source takes one to three minutes on two cores. */
const INSTALL_TIMEOUT_MS = 10 * 60_000;

interface GoTool {
  readonly program: WantedProgram;
  readonly module: string;
  readonly version: string;
}

const NATS_CLI: GoTool = {
  program: {
    name: 'nats',
    versionArgs: ['--version'],
    wanted: '0.4.0',
    accepts: (version) => version === '0.4.0',
  },
  module: 'github.com/nats-io/natscli/nats',
  version: '0.4.0',
};

const HELM: GoTool = {
  program: {
    name: 'helm',
    versionArgs: ['version', '--short'],
    wanted: '3',
    accepts: (version) => version.startsWith('3.'),
  },
  module: 'helm.sh/helm/v3/cmd/helm',
  version: '3.22.0',
};

/** An atomic batch is synced once from 2.15 on, and the npm package has no such server. */
const NATS_SERVER: GoTool = {
  program: {
    name: 'nats-server',
    versionArgs: ['--version'],
    wanted: '2.15 or newer',
    accepts: (version) => isAtLeast(version, '2.15'),
  },
  module: 'github.com/nats-io/nats-server/v2',
  version: '2.15.3',
};

/** A tool, or (with no path) half a sentence on why it is not to be had: tests then skip. */
export type ToolChoice = BinaryChoice | { readonly path: undefined; readonly why: string };

/** The `nats` command line tool, v0.4.0. Never fails; may take minutes the first time. */
export async function findNatsCli(options: LookupOptions = {}): Promise<ToolChoice> {
  return findGoTool(NATS_CLI, options);
}

/** Helm 3. Never fails; may take minutes the first time. */
export async function findHelm(options: LookupOptions = {}): Promise<ToolChoice> {
  return findGoTool(HELM, options);
}

/** nats-server 2.15 or newer. Never fails; may take half a minute the first time. */
export async function findRecentNatsServer(options: LookupOptions = {}): Promise<ToolChoice> {
  return findGoTool(NATS_SERVER, options);
}

async function findGoTool(tool: GoTool, options: LookupOptions): Promise<ToolChoice> {
  const env = options.env ?? process.env;
  const { name } = tool.program;
  const { version } = tool;
  const onPath = await findOnPath(tool.program, env);
  if (onPath.found) {
    return { path: onPath.path, version: onPath.version, why: 'found on PATH' };
  }
  const cached = cachedProgram(env, `${name}-${version}`, name);
  if (await isExecutable(cached)) {
    return { path: cached, version, why: `built before, as ${onPath.why}` };
  }
  const go = await findOnPath(GO, env);
  if (!go.found) {
    return { path: undefined, why: `${onPath.why}, and ${go.why} to build it with` };
  }
  try {
    options.progress?.(`${name}: ${onPath.why}; building ${version} with Go, a minute or two ...`);
    await build(tool, go.path, cached, env);
    return { path: cached, version, why: `built with Go, as ${onPath.why}` };
  } catch (error) {
    return { path: undefined, why: `${onPath.why}, and building it failed: ${reasonOf(error)}` };
  }
}

const GO: WantedProgram = {
  name: 'go',
  versionArgs: ['version'],
  wanted: 'any version',
  accepts: () => true,
};

async function build(
  tool: GoTool,
  go: string,
  target: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  await withTempFolder(env, async (folder) => {
    await run(go, ['install', `${tool.module}@v${tool.version}`], {
      // Outside any module, with GOBIN in the cache: two processes at once do not meet.
      cwd: folder,
      env: { ...env, GOBIN: folder, CGO_ENABLED: '0' },
      timeoutMs: INSTALL_TIMEOUT_MS,
    });
    await installProgram(join(folder, tool.program.name), target);
  });
}
