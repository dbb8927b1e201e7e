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
}

/** The line that says which program was chosen and why. */
export function describeChoice(name: string, choice: BinaryChoice): string {
  const version = choice.version === undefined ? '' : ` ${choice.version}`;
  return `${name}${version}: ${choice.why} (${choice.path})`;
}
