import type { Upcasters } from './avro/datum-reader.ts';

/**
 * What Avro's resolution cannot do for older payloads: one function a step, from a version to the
 * next. None yet: a field with a default needs none. How to add one: docs/schemas.md.
 */
export const upcasters: Upcasters = {};
