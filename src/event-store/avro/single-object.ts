import { checkUpcasters, datumReader } from './datum-reader.ts';
import type { DatumReader, Upcasters } from './datum-reader.ts';
import type { Schema, SchemaRegistry } from './schema-registry.ts';

/**
 * Avro single-object encoding (specification, "Single-object encoding"): the bytes C3 01, the
 * writer schema's CRC-64-AVRO little-endian, the datum. Who gets only the payload can decode it.
 */
const MARKER = Buffer.from([0xc3, 0x01]);
export const HEADER_LENGTH = 10;

/** A payload that cannot be read: no single-object encoding, an unknown schema, or a torn datum. */
export class UndecodablePayloadError extends Error {
  override readonly name = 'UndecodablePayloadError';
}

/** Room for the largest record so far: one that is larger makes it grow. */
const FIRST_SCRATCH_BYTES = 4096;

export interface DecodedObject {
  /** The schema the object was written with. */
  readonly writer: Schema;
  /** The record, resolved and upcast to the newest schema of its name. */
  readonly record: unknown;
}

export interface SingleObjectCodec {
  /** The record under the newest schema of that name. @throws Error when it does not fit the schema. */
  encode(name: string, record: unknown): Buffer;
  /** @throws UndecodablePayloadError */
  decode(payload: Uint8Array): DecodedObject;
}

/** @throws Error when a schema cannot be read as the newest of its name. */
export function singleObjectCodec(
  registry: SchemaRegistry,
  upcasters: Upcasters = {},
): SingleObjectCodec {
  checkUpcasters(registry, upcasters);
  const headers = new Map<string, Buffer>();
  const readers = new Map<string, { readonly writer: Schema; readonly read: DatumReader }>();
  for (const writer of registry.all()) {
    readers.set(writer.fingerprint, { writer, read: datumReader(registry, upcasters, writer) });
  }

  function headerOf({ fingerprint }: Schema): Buffer {
    let header = headers.get(fingerprint);
    if (header === undefined) {
      header = Buffer.concat([MARKER, Buffer.from(fingerprint, 'hex')]);
      headers.set(fingerprint, header);
    }
    return header;
  }

  let scratch = Buffer.allocUnsafeSlow(FIRST_SCRATCH_BYTES);

  return {
    encode(name, record) {
      const schema = registry.newest(name);
      // The type's own toBuffer gets memory of its own for each record, outside of Node's pool.
      const end = schema.type.encode(record, scratch, HEADER_LENGTH);
      if (end < 0) {
        scratch = Buffer.allocUnsafeSlow(scratch.length - end);
        return this.encode(name, record);
      }
      headerOf(schema).copy(scratch);
      return Buffer.from(scratch.subarray(0, end));
    },
    decode(payload) {
      const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
      if (bytes.length < HEADER_LENGTH || !bytes.subarray(0, MARKER.length).equals(MARKER)) {
        throw new UndecodablePayloadError('not an Avro single-object encoding (C3 01 ...)');
      }
      const fingerprint = bytes.toString('hex', MARKER.length, HEADER_LENGTH);
      const reader = readers.get(fingerprint);
      if (reader === undefined) {
        throw new UndecodablePayloadError(`no schema has the fingerprint ${fingerprint}`);
      }
      const { writer, read } = reader;
      try {
        return { writer, record: read(bytes.subarray(HEADER_LENGTH)) };
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        const schema = `${writer.name}.v${writer.version}`;
        throw new UndecodablePayloadError(`it cannot be read as ${schema}: ${reason}`, { cause });
      }
    },
  };
}
