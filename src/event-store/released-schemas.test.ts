import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { payloadSamples } from '../../test/support/payload-samples.ts';
import { schemas } from './codec.ts';
import { payloadToJson } from './payload-json.ts';

const FOLDER = new URL('../../streams/schemas/', import.meta.url);

interface Released {
  /** CRC-64-AVRO as payloads carry it, in hex. */
  readonly fingerprint: string;
  /** Of the file: the fingerprint leaves out defaults and aliases, which readers go by. */
  readonly sha256: string;
}

const released = JSON.parse(readFileSync(new URL('fingerprints.json', FOLDER), 'utf8')) as Readonly<
  Record<string, Released>
>;

test('every schema is listed in fingerprints.json, and none was changed or taken away since', () => {
  const found = readdirSync(FOLDER)
    .filter((file) => file.endsWith('.avsc'))
    .map((file) => [file, hash('sha256', readFileSync(new URL(file, FOLDER)), 'hex')]);
  const listed = Object.entries(released).map(([file, { sha256 }]) => [file, sha256]);
  expect(found.sort()).toEqual(listed.sort());
});

test('the fingerprints of the list are those that payloads carry', () => {
  const own = schemas
    .all()
    .map(({ name, version, fingerprint }) => [`${name}.v${version}.avsc`, fingerprint]);
  const listed = Object.entries(released).map(([file, { fingerprint }]) => [file, fingerprint]);
  expect(own.sort()).toEqual(listed.sort());
});

describe('a payload of every schema', () => {
  test('is among the samples', () => {
    const all = schemas.all().map(({ name, version }) => `${name}.v${version}`);
    expect(payloadSamples.map(({ schema }) => schema).sort()).toEqual(all.sort());
  });

  test.each(payloadSamples)('$schema still reads', ({ schema, payload, record }) => {
    const { type, schemaVersion, ...fields } = payloadToJson(payload);
    expect(`${String(type)}.v${String(schemaVersion)}`).toBe(schema);
    // Newer versions may say more of it.
    expect(fields).toMatchObject(record);
  });
});
