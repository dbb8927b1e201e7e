/** The Castagnoli polynomial, reflected; node:zlib has only the one of ISO 3309. */
const POLYNOMIAL = 0x82f6_3b78;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? POLYNOMIAL : 0);
  return value;
});

export function crc32c(data: Uint8Array): number {
  let value = 0xffff_ffff;
  for (const byte of data) value = (TABLE[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
  return ~value >>> 0;
}

/** As the framing format of Snappy and S2 stores it. */
export function maskedCrc32c(data: Uint8Array): number {
  const value = crc32c(data);
  return (((value >>> 15) | (value << 17)) + 0xa282_ead8) >>> 0;
}
