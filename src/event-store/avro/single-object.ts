import type { Resolver } from 'avsc';
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

export interface DecodedObject {
  /** The schema the object was written with. */
  readonly writer: Schema;
  /** The record, resolved to the newest schema of its name. */
  readonly record: unknown;
}

export interface SingleObjectCodec {
  /** The record under the newest schema of that name. @throws Error when it does not fit the schema. */
  encode(name: string, record: unknown): Buffer;
  /** @throws UndecodablePayloadError */
  decode(payload: Uint8Array): DecodedObject;
}

export function singleObjectCodec(registry: SchemaRegistry): SingleObjectCodec {
  const headers = new Map<string, Buffer>();
  const resolvers = new Map<string, Resolver>();

  function headerOf(schema: Schema): Buffer {
    let header = headers.get(schema.fingerprint);
    if (header === undefined) {
      header = Buffer.concat([MARKER, Buffer.from(schema.fingerprint, 'hex')]);
      headers.set(schema.fingerprint, header);
    }
    return header;
  }

  /** How to read an older writer's datum as the newest schema; undefined when they are the same. */
  function resolverFor(writer: Schema, reader: Schema): Resolver | undefined {
    if (writer === reader) return undefined;
    let resolver = resolvers.get(writer.fingerprint);
    if (resolver === undefined) {
      resolver = reader.type.createResolver(writer.type);
      resolvers.set(writer.fingerprint, resolver);
    }
    return resolver;
  }

  return {
    encode(name, record) {
      const schema = registry.newest(name);
      return Buffer.concat([headerOf(schema), schema.type.toBuffer(record)]);
    },
    decode(payload) {
      const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
      if (bytes.length < HEADER_LENGTH || !bytes.subarray(0, MARKER.length).equals(MARKER)) {
        throw new UndecodablePayloadError('not an Avro single-object encoding (C3 01 ...)');
      }
      const fingerprint = bytes.toString('hex', MARKER.length, HEADER_LENGTH);
      const writer = registry.byFingerprint(fingerprint);
      if (writer === undefined) {
        throw new UndecodablePayloadError(`no schema has the fingerprint ${fingerprint}`);
      }
      const reader = registry.newest(writer.name);
      try {
        const datum = bytes.subarray(HEADER_LENGTH);
        const record: unknown = reader.type.fromBuffer(datum, resolverFor(writer, reader));
        return { writer, record };
      } catch (cause) {
        throw new UndecodablePayloadError(`the datum is no ${writer.name}.v${writer.version}`, {
          cause,
        });
      }
    },
  };
}
