import { currencyOf } from '../account/currency.ts';
import { formatMoney } from '../account/money.ts';
import type { Schema } from './avro/schema-registry.ts';
import type { RecordedEvent } from '../account/events.ts';
import { codec, schemas } from './codec.ts';

/** The members of the schemas that hold minor units of the record's currency. */
const MONEY: ReadonlySet<string> = new Set([
  'amount',
  'balance',
  'held',
  'initialBalance',
  'overdraftLimit',
  'previousLimit',
  'released',
]);

/** Those that hold milliseconds since 1970. */
const TIMES: ReadonlySet<string> = new Set(['occurredAt', 'expiresAt']);

/**
 * Any payload of the log or the snapshot bucket as plain JSON for people and for other programs:
 * money as decimal strings, times as RFC 3339.
 * @throws UndecodablePayloadError
 */
export function payloadToJson(payload: Uint8Array): Record<string, unknown> {
  const { writer, record } = codec.decode(payload);
  return recordToJson(writer, record);
}

/** The event as {@link payloadToJson} shows its payload, in the newest shape of its type, and its place. */
export function eventToJson({ sequence, event }: RecordedEvent): Record<string, unknown> {
  const { type, ...record } = event;
  return { sequence, ...recordToJson(schemas.newest(type), record) };
}

function recordToJson(schema: Pick<Schema, 'name' | 'version'>, record: unknown) {
  // Every record type of the log is a plain object with a currency.
  const fields = record as Record<string, unknown> & { readonly currency: string };
  const currency = currencyOf(fields.currency);

  function plain(name: string, value: unknown): unknown {
    if (Buffer.isBuffer(value)) return value.toString('hex');
    if (typeof value === 'bigint') {
      return MONEY.has(name) ? formatMoney(value, currency) : Number(value);
    }
    if (TIMES.has(name) && typeof value === 'number') return new Date(value).toISOString();
    if (Array.isArray(value)) return value.map((item: unknown) => plain('', item));
    if (typeof value === 'object' && value !== null) return plainObject(value);
    return value;
  }

  function plainObject(object: object): Record<string, unknown> {
    const entries = Object.entries(object).map(([name, value]) => [name, plain(name, value)]);
    return Object.fromEntries(entries) as Record<string, unknown>;
  }

  return { type: schema.name, schemaVersion: schema.version, ...plainObject(fields) };
}
