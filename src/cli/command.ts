import type { Environment } from '../platform/environment.ts';

/** One command as the operator types it, with the help that it needs. */
export interface Command {
  /** The words after `jetbank`: one or two. */
  readonly name: string;
  /** Operands and flags as the help shows them; empty where there are none. */
  readonly usage: string;
  /** What it does, in one line of the list of commands. */
  readonly summary: string;
  /** What else one must know: flags, exit code, what to do with what it says. */
  readonly details?: string;
  /** Command lines that can be typed as they are. */
  readonly examples: readonly string[];
  /**
   * Loads its own code, so that no command waits for another's, and runs with what stands after its
   * name. It prints its result on stdout and the rest on stderr; a finding sets the exit code to 1.
   * @throws UsageError before anything is done, when it is called wrongly; CliError when it fails.
   */
  run(args: readonly string[], variables: Environment): Promise<void>;
}

/** Exit codes, for scripts: 0 is all well. */
export const EXIT = {
  /** It failed, or it found what it was asked to look for. */
  failure: 1,
  /** Wrong arguments or settings: nothing was done. */
  usage: 2,
} as const;

export const INTRODUCTION = 'jetbank: operates a jetbank ledger';

const ENDING = `"jetbank help COMMAND" tells more of each, with examples; "jetbank --version" names the release.

Exit codes: 0 all well, ${EXIT.failure} it failed or found something, ${EXIT.usage} wrong arguments or settings.
Settings come from the environment: NATS_URL and its kin, MONGO_URI, STREAM_REPLICAS, PROJECTION_GROUPS.
`;

/** The list of commands, or of those whose name begins with one word. */
export function listOf(commands: readonly Command[], title = INTRODUCTION): string {
  const entries = commands.map(({ name, usage, summary }) => {
    return `  jetbank ${`${name} ${usage}`.trim()}\n      ${summary}\n`;
  });
  return `${title}\n\n${entries.join('')}\n${ENDING}`;
}

/** All that is to be said of one command. */
export function helpOf({ name, usage, summary, details, examples }: Command): string {
  const parts = [
    `jetbank ${`${name} ${usage}`.trim()}`,
    `  ${summary}`,
    ...(details === undefined ? [] : [details.trim()]),
    `Examples\n${examples.map((example) => `  ${example}`).join('\n')}`,
  ];
  return `${parts.join('\n\n')}\n`;
}
