import type { Schema, SchemaRegistry } from './schema-registry.ts';

/** A decoded record, by the fields of its schema. */
export type AvroRecord = Readonly<Record<string, unknown>>;

/**
 * Turns the record of one schema version into that of the next one, where Avro's resolution cannot:
 * a field whose type or meaning changed. Pure.
 * @throws Error for a record that has no counterpart: its payload is then undecodable.
 */
export type Upcaster = (record: AvroRecord) => AvroRecord;

/** By record name, then by the version they read: `{ MoneyDeposited: { 2: toVersion3 } }`. */
export type Upcasters = Readonly<Record<string, Readonly<Record<number, Upcaster>>>>;

/** The record of a datum. @throws Error when it is torn, or an upcaster refuses it. */
export type DatumReader = (datum: Buffer) => unknown;

/**
 * How a writer's datum is read as the newest schema of its name: resolved by Avro's rules up to the
 * first version with an upcaster, upcast to the next, and so on. What an upcaster made is written
 * and read again as the version it is for, so a field that it forgot is found here.
 * @throws Error when there is no such way: the older schemas of a name must all lead to its newest.
 */
export function datumReader(
  registry: SchemaRegistry,
  upcasters: Upcasters,
  writer: Schema,
): DatumReader {
  const upcast = registry
    .versions(writer.name)
    .filter(({ version }) => version >= writer.version)
    .map((schema) => ({ schema, upcaster: upcasters[schema.name]?.[schema.version] }))
    .find(({ upcaster }) => upcaster !== undefined);
  if (upcast?.upcaster === undefined) return resolved(writer, registry.newest(writer.name));
  const { schema, upcaster } = upcast;
  const read = resolved(writer, schema);
  const next = registry.version(writer.name, schema.version + 1);
  const readOn = datumReader(registry, upcasters, next);
  return (datum) => readOn(next.type.toBuffer(upcaster(read(datum) as AvroRecord)));
}

function resolved(writer: Schema, reader: Schema): DatumReader {
  const { type } = reader;
  if (writer === reader) return (datum) => type.fromBuffer(datum) as unknown;
  try {
    const resolver = type.createResolver(writer.type);
    return (datum) => type.fromBuffer(datum, resolver) as unknown;
  } catch (cause) {
    const { name } = writer;
    const message = `${name}.v${writer.version} cannot be read as v${reader.version} without an upcaster`;
    throw new Error(message, { cause });
  }
}

/** @throws RangeError for an upcaster from or to a version that there is not. */
export function checkUpcasters(registry: SchemaRegistry, upcasters: Upcasters): void {
  for (const [name, byVersion] of Object.entries(upcasters)) {
    for (const version of Object.keys(byVersion).map(Number)) {
      registry.version(name, version);
      registry.version(name, version + 1);
    }
  }
}
