/**
 * Of every answer: it is what its type says, is kept nowhere, and is no page that could run or show
 * anything or be framed. No header names the software.
 */
export const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
} as const;

/** Of answers over HTTPS: a browser that was here once comes back over HTTPS only, for a year (RFC 6797). */
export const HTTPS_HEADERS = {
  ...SECURITY_HEADERS,
  'strict-transport-security': 'max-age=31536000',
} as const;

/** The page at /docs loads its scripts and styles from here, and asks this service only. */
export const DOCS_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
