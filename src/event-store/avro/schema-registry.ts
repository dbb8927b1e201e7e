import { readdirSync, readFileSync } from 'node:fs';
import avro from 'avsc';
import type { Type } from 'avsc';
import { crc64Avro } from './crc64.ts';

/** One schema file of `streams/schemas`: a record type in one of its versions. */
export interface Schema {
  /** The record's short name: "MoneyDeposited". */
  readonly name: string;
  /** The N of `<name>.v<N>.avsc`. */
  readonly version: number;
  readonly type: Type;
  /** 64-bit CRC-64-AVRO of the schema's Parsing Canonical Form, little-endian, in hex. */
  readonly fingerprint: string;
}

export interface SchemaRegistry {
  /** The schema new data of this name is written with. @throws RangeError when there is none. */
  newest(name: string): Schema;
  /** The schema with this fingerprint, as {@link Schema.fingerprint} writes it. */
  byFingerprint(fingerprint: string): Schema | undefined;
  all(): readonly Schema[];
}

const FILE_NAME = /^(?<name>\w+)\.v(?<version>\d+)\.avsc$/;

/**
 * Reads a folder of schemas. Every file must be called `<Record>.v<N>.avsc` after its record.
 * @throws Error naming the file, when one is misnamed or no valid schema.
 */
export function loadSchemas(folder: URL): SchemaRegistry {
  const schemas = readdirSync(folder)
    .filter((file) => file.endsWith('.avsc'))
    .map((file) => loadSchema(folder, file))
    .sort((a, b) => a.version - b.version);
  const newest = new Map(schemas.map((schema) => [schema.name, schema]));
  const byFingerprint = new Map(schemas.map((schema) => [schema.fingerprint, schema]));
  return {
    newest(name) {
      const schema = newest.get(name);
      if (schema === undefined) throw new RangeError(`there is no Avro schema called ${name}`);
      return schema;
    },
    byFingerprint: (fingerprint) => byFingerprint.get(fingerprint),
    all: () => schemas,
  };
}

function loadSchema(folder: URL, file: string): Schema {
  const parts = FILE_NAME.exec(file)?.groups;
  if (parts === undefined) throw new Error(`${file}: a schema is called <Record>.v<N>.avsc`);
  const { name = '', version = '' } = parts;
  const type = parseSchema(JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as avro.Schema);
  if (type.name !== `bank.account.${name}`) {
    throw new Error(`${file}: the record is called ${String(type.name)}, not bank.account.${name}`);
  }
  return { name, version: Number(version), type, fingerprint: fingerprintOf(type) };
}

/** Parses a schema whose plain `long`s are bigint: money passes 2^53. Timestamps stay numbers. */
export function parseSchema(schema: avro.Schema): Type {
  return avro.Type.forSchema(schema, { typeHook: longAsBigInt });
}

export function fingerprintOf(type: Type): string {
  const canonicalForm = JSON.stringify(type.schema());
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(crc64Avro(Buffer.from(canonicalForm)));
  return bytes.toString('hex');
}

const bigIntLong = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer(value: bigint) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
  compare: (a: bigint, b: bigint) => Number(a > b) - Number(a < b),
});

function longAsBigInt(schema: avro.Schema): Type | undefined {
  if (schema === 'long') return bigIntLong;
  const isPlainLong =
    typeof schema === 'object' &&
    'type' in schema &&
    schema.type === 'long' &&
    !('logicalType' in schema);
  return isPlainLong ? bigIntLong : undefined;
}
