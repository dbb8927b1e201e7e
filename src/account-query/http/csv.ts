/**
 * A record of RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe in
 * front (OWASP, "CSV Injection"); a number, also a negative one, is none. Null is an empty field.
 */
export function csvRecord(values: readonly (string | number | null)[]): string {
  return `${values.map(csvField).join(',')}\r\n`;
}

const NUMBER = /^-?\d+(?:\.\d+)?$/;
const FORMULA_START = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;
const MUST_BE_QUOTED = /[",\r\n]/;

function csvField(value: string | number | null): string {
  const text = String(value ?? '');
  const safe = FORMULA_START.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return MUST_BE_QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
