import { readFileSync } from 'node:fs';
import { messageOf } from './message-of.ts';

/** A wrong setting. The message names the variable, what it holds and what it should hold. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads settings from environment variables and collects what is wrong with them, to say it all at once. */
export interface EnvironmentReader {
  string(name: string, fallback: string): string;
  optional(name: string): string | undefined;
  /** NAME, or the contents of the file that NAME_FILE names: how secrets are mounted. */
  secret(name: string): string | undefined;
  /**
   * As `secret`, and read from its file again at each call, since a mounted secret changes while the
   * process runs; what was read last stands where the file has gone.
   */
  changingSecret(name: string): (() => string) | undefined;
  /** The path of a file that can be read, though it may change afterwards. */
  file(name: string): string | undefined;
  /** Notes a problem that the reader found by itself. */
  reject(problem: string): void;
  integer(name: string, fallback: number, range: { min: number; max: number }): number;
  boolean(name: string, fallback: boolean): boolean;
  oneOf<T extends string>(name: string, fallback: T, allowed: readonly T[]): T;
  /** The text, if `accept` finds nothing wrong with it; else `accept` answers what would be right. */
  checked(name: string, fallback: string, accept: (text: string) => string | undefined): string;
  /** @throws ConfigError when any setting read so far is wrong. */
  done(): void;
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

export function environmentReader(env: Environment): EnvironmentReader {
  const problems: string[] = [];

  function read<T>(
    name: string,
    fallback: T,
    parse: (text: string) => T | undefined,
    want: string,
  ): T {
    const text = env[name]?.trim();
    if (text === undefined || text === '') return fallback;
    const value = parse(text);
    if (value !== undefined) return value;
    problems.push(`${name} is ${JSON.stringify(text)}, but must be ${want}`);
    return fallback;
  }

  function readSetting(name: string, path: string): string | undefined {
    try {
      return readFileSync(path, 'utf8').trim();
    } catch (error) {
      problems.push(`${name} names a file that cannot be read: ${messageOf(error)}`);
      return undefined;
    }
  }

  function readSecretFile(name: string): string | undefined {
    const path = env[`${name}_FILE`];
    return path === undefined || path === '' ? undefined : readSetting(`${name}_FILE`, path);
  }

  function changingSecret(name: string): (() => string) | undefined {
    const given = env[name];
    if (given !== undefined && given !== '') return () => given;
    const path = env[`${name}_FILE`];
    const first = readSecretFile(name);
    if (path === undefined || first === undefined) return undefined;
    return latestOf(path, first);
  }

  return {
    string: (name, fallback) => read(name, fallback, (text) => text, 'a text'),
    optional: (name) => read<string | undefined>(name, undefined, (text) => text, 'a text'),
    secret: (name) => env[name] ?? readSecretFile(name),
    changingSecret,
    file(name) {
      const path = env[name]?.trim() ?? '';
      return path === '' || readSetting(name, path) === undefined ? undefined : path;
    },
    integer(name, fallback, { min, max }) {
      const parse = (text: string) => {
        const value = Number(text);
        return Number.isInteger(value) && value >= min && value <= max ? value : undefined;
      };
      return read(name, fallback, parse, `a whole number from ${min} to ${max}`);
    },
    boolean(name, fallback) {
      return read(name, fallback, (text) => BOOLEANS.get(text), '"true" or "false"');
    },
    oneOf(name, fallback, allowed) {
      const parse = (text: string) => allowed.find((value) => value === text);
      return read(name, fallback, parse, `one of ${allowed.join(', ')}`);
    },
    checked(name, fallback, accept) {
      const text = env[name]?.trim() ?? '';
      if (text === '') return fallback;
      const wanted = accept(text);
      if (wanted === undefined) return text;
      problems.push(`${name} is ${JSON.stringify(text)}, but must be ${wanted}`);
      return fallback;
    },
    reject: (problem) => void problems.push(problem),
    done() {
      if (problems.length > 0) throw new ConfigError(problems.join('; '));
    },
  };
}

/** Reads the file at each call; answers what it read last where the file cannot be read any more. */
function latestOf(path: string, first: string): () => string {
  let latest = first;
  return () => {
    try {
      latest = readFileSync(path, 'utf8').trim();
    } catch {
      // While a mounted file is replaced it may be gone for a moment.
    }
    return latest;
  };
}
