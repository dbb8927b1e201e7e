import { expect, test } from 'vitest';
import { csvRecord } from './csv.ts';

test.each([
  [['plain', 'Juan Pérez', 7, '-12.50', ''], 'plain,Juan Pérez,7,-12.50,'],
  [['a,b', 'say "hi"', 'two\r\nlines', ' space '], '"a,b","say ""hi""","two\r\nlines", space '],
  [['=1+1', '+1+1', '-1+1', '@SUM(A1)'], "'=1+1,'+1+1,'-1+1,'@SUM(A1)"],
  [['\t=1', '\r=1', '=1,"x"', '＝1', '-'], `'\t=1,"'\r=1","'=1,""x""",'＝1,'-`],
])('%j is %j', (values, record) => {
  expect(csvRecord(values)).toBe(`${record}\r\n`);
});
