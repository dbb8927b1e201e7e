import { afterAll, beforeAll, expect, it } from 'vitest';
import { fakeProgram } from '../test/support/fake-program.ts';
import { runNode } from '../test/support/processes.ts';
import { tempFolder } from '../test/support/temp-folder.ts';
import type { TempFolder } from '../test/support/temp-folder.ts';

let folder: TempFolder;
beforeAll(async () => {
  folder = await tempFolder('audit');
});
afterAll(() => folder.remove());

const withVulnerability = (severity: string) =>
  JSON.stringify({
    vulnerabilities: { 'some-package': { severity } },
    metadata: { vulnerabilities: { [severity]: 1 } },
  });

it.each([
  ['a moderate one', withVulnerability('moderate'), 0, 'audited: no high or critical'],
  ['a high one', withVulnerability('high'), 1, 'some-package: high'],
  ['a critical one', withVulnerability('critical'), 1, 'some-package: critical'],
  [
    'a registry that cannot tell',
    '{"message":"405 Not Allowed"}',
    0,
    'not audited: 405 Not Allowed',
  ],
  ['no report', 'npm: broken', 0, 'not audited: no report'],
])('%s: npm says %s, so the exit code is %i', async (_, answer, code, told) => {
  await fakeProgram(folder.path, 'npm', `printf '%s' '${answer}'`);
  const audit = runNode(['dev/audit.ts'], { PATH: `${folder.path}:${process.env['PATH'] ?? ''}` });
  expect(await audit.exit).toBe(code);
  expect(audit.stdout.join()).toContain(told);
});
