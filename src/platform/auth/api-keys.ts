import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import { messageOf } from '../message-of.ts';
import { SCOPES } from './caller.ts';
import type { Caller, Scope } from './caller.ts';

/** Entropy of a key, in bytes: nobody guesses it, so that one SHA-256 hides it. */
const SECRET_BYTES = 32;
/** A caller's name, which is part of its keys. */
export const KEY_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const KEY = /^jb_([a-z0-9-]+)_[A-Za-z0-9_-]{43}$/;

/** All API keys begin with it, so that scanners for leaked secrets know them. */
export const KEY_PREFIX = 'jb_';

/** The highest rate that a limit may have, in requests a second. */
export const MOST_REQUESTS_PER_SECOND = 1_000_000;

const KeyEntry = Type.Object(
  {
    name: Type.String({ pattern: KEY_NAME.source }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    scopes: Type.Array(Type.Unsafe<Scope>({ enum: [...SCOPES] }), { minItems: 1 }),
    requestsPerSecond: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    createdAt: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);

const KeysFile = Type.Object({ keys: Type.Array(KeyEntry) }, { additionalProperties: false });

/** One key: its caller's name, its hash and what it may do. A caller may have several, to change them without a gap. */
export type KeyEntry = Static<typeof KeyEntry>;
export type KeysFile = Static<typeof KeysFile>;

const isKeysFile = new Ajv().compile<KeysFile>(KeysFile);

/** @throws Error that says what is wrong with the file; it never repeats a value of it. */
export function readKeysFile(path: string): KeysFile {
  const text = readFileSync(path, 'utf8');
  const file = parsed(text);
  if (isKeysFile(file)) return file;
  const [error] = isKeysFile.errors ?? [];
  throw new Error(`it is not a file of keys: ${error?.instancePath ?? ''} ${error?.message ?? ''}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // What JSON.parse says quotes the text.
    throw new Error('it is not JSON', { cause });
  }
}

/** A new key for the caller: the secret to hand over, told once, and the hash to keep. */
export function newKey(name: string): { readonly key: string; readonly sha256: string } {
  const key = `${KEY_PREFIX}${name}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  return { key, sha256: hash('sha256', key) };
}

/** Finds the caller of a key; undefined for one that is not in the file. */
export type FindCaller = (key: string) => Caller | undefined;

interface KnownKey {
  readonly digest: Buffer;
  readonly caller: Caller;
}

export function findCallers({ keys }: KeysFile): FindCaller {
  const byName = new Map<string, KnownKey[]>();
  for (const { name, sha256, scopes, requestsPerSecond } of keys) {
    const caller = { id: `key:${name}`, scopes: new Set(scopes), requestsPerSecond };
    const known = { digest: Buffer.from(sha256, 'hex'), caller };
    byName.set(name, [...(byName.get(name) ?? []), known]);
  }
  return (key) => {
    const [, name = ''] = KEY.exec(key) ?? [];
    const known = byName.get(name);
    if (known === undefined) return undefined;
    const digest = hash('sha256', key, 'buffer');
    return known.find((each) => timingSafeEqual(each.digest, digest))?.caller;
  };
}

/** As {@link findCallers}, with a complaint that names the setting. @throws Error */
export function loadCallers(path: string): FindCaller {
  try {
    return findCallers(readKeysFile(path));
  } catch (cause) {
    throw new Error(`HTTP_API_KEYS_FILE ${path}: ${messageOf(cause)}`, { cause });
  }
}
