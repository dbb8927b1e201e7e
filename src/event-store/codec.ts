import { loadSchemas } from './avro/schema-registry.ts';
import { singleObjectCodec } from './avro/single-object.ts';
import { upcasters } from './upcasters.ts';

/** The log's public contract: every schema that was ever written. */
export const schemas = loadSchemas(new URL('../../streams/schemas/', import.meta.url));

export const codec = singleObjectCodec(schemas, upcasters);
