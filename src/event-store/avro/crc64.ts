/**
 * CRC-64-AVRO, the Rabin fingerprint of the Avro specification ("Schema Fingerprints"), which names
 * the writer's schema in a single-object encoding.
 */
const EMPTY = 0xc15d213aa4d7a795n;

const table: readonly bigint[] = Array.from({ length: 256 }, (_, byte) => {
  let fingerprint = BigInt(byte);
  for (let bit = 0; bit < 8; bit += 1) {
    fingerprint = (fingerprint >> 1n) ^ (fingerprint & 1n ? EMPTY : 0n);
  }
  return fingerprint;
});

/** The unsigned 64-bit fingerprint of the bytes. Runs once a schema, so BigInt is quick enough. */
export function crc64Avro(bytes: Uint8Array): bigint {
  let fingerprint = EMPTY;
  for (const byte of bytes) {
    const index = Number((fingerprint ^ BigInt(byte)) & 0xffn);
    fingerprint = (fingerprint >> 8n) ^ (table[index] ?? 0n);
  }
  return fingerprint;
}
