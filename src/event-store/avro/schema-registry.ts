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
  /** @throws RangeError when there is none. */
  version(name: string, version: number): Schema;
  /** All of this name, oldest first. */
  versions(name: string): readonly Schema[];
  all(): readonly Schema[];
}

const FILE_NAME = /^(?<name>\w+)\.v(?<version>\d+)\.avsc$/;

/**
 * Reads a folder of schemas. Every file must be called `<Record>.v<N>.avsc` after its record.
 * @throws Error naming the file, when one is misnamed or no valid schema, or when payloads of two
 * could not be told apart.
 */
export function loadSchemas(folder: URL): SchemaRegistry {
  const schemas = readdirSync(folder)
    .filter((file) => file.endsWith('.avsc'))
    .map((file) => loadSchema(folder, file))
    .sort((a, b) => a.version - b.version);
  refuseTwins(schemas);
  const byName = Map.groupBy(schemas, ({ name }) => name);

  function found(schema: Schema | undefined, wanted: string): Schema {
    if (schema === undefined) throw new RangeError(`there is no Avro schema called ${wanted}`);
    return schema;
  }

  const versions = (name: string) => byName.get(name) ?? [];
  return {
    newest: (name) => found(versions(name).at(-1), name),
    version(name, version) {
      const schema = versions(name).find((one) => one.version === version);
      return found(schema, `${name}.v${version}`);
    },
    versions,
    all: () => schemas,
  };
}

/** The fingerprint leaves out aliases, defaults and docs: a version must change more than those. */
function refuseTwins(schemas: readonly Schema[]): void {
  for (const [fingerprint, [one, twin]] of Map.groupBy(schemas, (schema) => schema.fingerprint)) {
    if (one === undefined || twin === undefined) continue;
    const names = `${one.name}.v${one.version} and ${twin.name}.v${twin.version}`;
    throw new Error(`${names} have the same fingerprint ${fingerprint}`);
  }
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
