import { KEY_NAME, newKey } from '../platform/auth/api-keys.ts';
import type { KeyEntry } from '../platform/auth/api-keys.ts';
import { SCOPES } from '../platform/auth/caller.ts';
import type { Scope } from '../platform/auth/caller.ts';
import type { Environment } from '../platform/environment.ts';
import { noOperands, readArguments, UsageError, wholeNumber } from './arguments.ts';
import { CliError } from './cli-error.ts';
import { changeKeys, readKeys } from './keys-file.ts';

/** Digits of a hash that tell the keys of one caller from each other. */
const FINGERPRINT_DIGITS = 12;

const FILE = { file: { type: 'string' } } as const;

/** Adds a key to the file and prints it: it is told this once. */
export function createKey(args: readonly string[], variables: Environment): void {
  const { values, positionals } = readArguments(args, {
    ...FILE,
    scope: { type: 'string', multiple: true },
    rate: { type: 'string' },
  });
  const [name, ...others] = positionals;
  if (name === undefined) throw new UsageError('name the caller, such as teller');
  noOperands(others);
  if (!KEY_NAME.test(name)) {
    throw new UsageError(`"${name}" is no name: 1 to 63 of a-z, 0-9 and -, such as teller`);
  }
  const scopes = (values.scope ?? []).map(scopeOf);
  if (scopes.length === 0) throw new UsageError(`say what it may do: --scope ${SCOPES.join('|')}`);
  const rate = values.rate === undefined ? undefined : wholeNumber('rate', values.rate, 1);
  const path = pathOf(values.file, variables);

  const { key, sha256 } = newKey(name);
  const entry: KeyEntry = {
    name,
    sha256,
    scopes,
    ...(rate !== undefined && { requestsPerSecond: rate }),
    createdAt: new Date().toISOString(),
  };
  changeKeys(path, (keys) => [...keys, entry], true);
  process.stdout.write(`${key}\n`);
  process.stderr.write(`added to ${path}; this is the only time that the key is shown\n`);
}

/** One line a key: caller, fingerprint, scopes, limit, when it was made. */
export function listKeys(args: readonly string[], variables: Environment): void {
  const { values, positionals } = readArguments(args, FILE);
  noOperands(positionals);
  for (const { name, sha256, scopes, requestsPerSecond, createdAt } of readKeys(
    pathOf(values.file, variables),
  )) {
    const limit = requestsPerSecond === undefined ? '-' : `${requestsPerSecond}/s`;
    const columns = [name, fingerprint(sha256), scopes.join(' '), limit, createdAt ?? '-'];
    process.stdout.write(`${columns.join('\t')}\n`);
  }
}

/** Removes the keys of a caller, or the one with this fingerprint. */
export function revokeKey(args: readonly string[], variables: Environment): void {
  const { values, positionals } = readArguments(args, FILE);
  const [name, wanted, ...others] = positionals;
  if (name === undefined) throw new UsageError('name the caller: "jetbank keys list" shows them');
  noOperands(others);
  const path = pathOf(values.file, variables);
  const goes = (entry: KeyEntry) =>
    entry.name === name && (wanted === undefined || fingerprint(entry.sha256) === wanted);
  let revoked = 0;
  changeKeys(path, (keys) => {
    const left = keys.filter((entry) => !goes(entry));
    revoked = keys.length - left.length;
    if (revoked > 0) return left;
    throw new CliError(`${path} has no such key; "jetbank keys list" shows those that it has`);
  });
  process.stderr.write(`${revoked} of ${name} removed from ${path}\n`);
}

const fingerprint = (sha256: string) => sha256.slice(0, FINGERPRINT_DIGITS);

function scopeOf(text: string): Scope {
  const scope = SCOPES.find((known) => known === text);
  if (scope !== undefined) return scope;
  throw new UsageError(`--scope is "${text}", but must be one of ${SCOPES.join(', ')}`);
}

function pathOf(flag: string | undefined, { HTTP_API_KEYS_FILE: setting }: Environment): string {
  const path = flag ?? setting ?? '';
  if (path !== '') return path;
  throw new UsageError('name the file of the keys: --file PATH, or HTTP_API_KEYS_FILE');
}
