/** A program that was found, and why this one. */
export interface BinaryChoice {
  /** Absolute path of the program. */
  readonly path: string;
  /** `major.minor[.patch]`, where the program or its package tells. */
  readonly version?: string;
  /** Half a sentence without a full stop: where it comes from and why nothing better was there. */
  readonly why: string;
}

export interface LookupOptions {
  /** PATH, HOME, JETBANK_CACHE and XDG_CACHE_HOME are read from here. Default: `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
  /** Called with one line at a time while something slow is going on. Default: silence. */
  readonly progress?: (line: string) => void;
  /** Gives up a fetch that is under way; the lookup then fails with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** The same with every default filled in, for the parts that fetch. */
export interface Fetching {
  readonly env: NodeJS.ProcessEnv;
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

export function fetchingOf(options: LookupOptions): Fetching {
  const { env = process.env, progress = () => undefined } = options;
  return { env, progress, signal: options.signal ?? new AbortController().signal };
}

/** The line that says which program was chosen and why. */
export function describeChoice(name: string, choice: BinaryChoice): string {
  const version = choice.version === undefined ? '' : ` ${choice.version}`;
  return `${name}${version}: ${choice.why} (${choice.path})`;
}
