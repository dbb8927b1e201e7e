import { renameSync, statSync, writeFileSync } from 'node:fs';
import { KEY_NAME, newKey, readKeysFile } from '../platform/auth/api-keys.ts';
import type { KeyEntry } from '../platform/auth/api-keys.ts';
import { SCOPES } from '../platform/auth/caller.ts';
import type { Scope } from '../platform/auth/caller.ts';
import type { Environment } from '../platform/environment.ts';
import { messageOf } from '../platform/message-of.ts';
import { noOperands, readArguments, UsageError, wholeNumber } from './arguments.ts';
import { CliError } from './cli-error.ts';

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
  write(path, [...readKeys(path), entry]);
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
  const keys = readKeys(path);
  const goes = (entry: KeyEntry) =>
    entry.name === name && (wanted === undefined || fingerprint(entry.sha256) === wanted);
  const revoked = keys.filter(goes).length;
  if (revoked === 0) {
    throw new CliError(`${path} has no such key; "jetbank keys list" shows those that it has`);
  }
  write(
    path,
    keys.filter((entry) => !goes(entry)),
  );
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

/** The keys of the file; none where there is no file yet. */
function readKeys(path: string): readonly KeyEntry[] {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return [];
  try {
    return readKeysFile(path).keys;
  } catch (cause) {
    throw new CliError(`${path}: ${messageOf(cause)}`, { cause });
  }
}

/** In one step: a service that reads the file at that moment sees the old keys or the new ones. */
function write(path: string, keys: readonly KeyEntry[]): void {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0o600;
  writeFileSync(`${path}.new`, `${JSON.stringify({ keys }, undefined, 2)}\n`, { mode });
  renameSync(`${path}.new`, path);
}
