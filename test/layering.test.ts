import { execFile } from 'node:child_process';
import { appendFile, cp, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { tempFolder } from './support/temp-folder.ts';

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));
const DEPCRUISE = join(REPOSITORY, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
const SETTINGS = ['.dependency-cruiser.cjs', 'package.json', 'tsconfig.json'];

/** An import that no file may have, and the rule that must say so. */
const FORBIDDEN = [
  ['account/money.ts', '../platform/logger.ts', 'account-imports-inwards-only'],
  ['account/events.ts', '../event-store/subjects.ts', 'account-imports-inwards-only'],
  ['platform/retry.ts', '../account/money.ts', 'platform-imports-inwards-only'],
  ['event-store/subjects.ts', '../platform/retry.ts', 'event-store-imports-inwards-only'],
  ['event-store/codec.ts', '../account-cmd/mailbox.ts', 'event-store-imports-inwards-only'],
  ['account-cmd/mailbox.ts', '../projections/position.ts', 'account-cmd-imports-inwards-only'],
  ['projections/position.ts', '../account-query/cursor.ts', 'projections-imports-inwards-only'],
  ['account-query/cursor.ts', '../account-cmd/mailbox.ts', 'account-query-imports-inwards-only'],
  ['account-cmd/mailbox.ts', '../cli/decode.ts', 'account-cmd-imports-inwards-only'],
  ['account/currency.ts', './account.ts', 'no-cycles'],
  ['platform/metrics.ts', '../../test/support/await.ts', 'sources-do-not-import-tools'],
  ['platform/health.ts', '../../dev/stack-error.ts', 'sources-do-not-import-tools'],
  ['platform/logger.ts', 'vitest', 'no-dev-dependencies-in-sources'],
] as const;

interface Cruise {
  readonly code: number;
  readonly output: string;
}

/** Runs what `npm run check:layers` runs. */
function cruise(folder: string): Promise<Cruise> {
  const args = [DEPCRUISE, 'src', 'dev', 'test', '--output-type', 'err'];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: folder }, (error, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : 1;
      resolve({ code, output: stdout + stderr });
    });
  });
}

test('the layering check finds nothing wrong, and has looked at every module', async () => {
  const { code, output } = await cruise(REPOSITORY);
  expect(output).toContain('no dependency violations found');
  expect(code).toBe(0);
  const [, modules, dependencies] = /\((\d+) modules, (\d+) dependencies/.exec(output) ?? [];
  expect(Number(modules)).toBeGreaterThan(40);
  expect(Number(dependencies)).toBeGreaterThan(100);
}, 60_000);

test('the layering check fails on each import that is not allowed', async () => {
  const copy = await tempFolder('layering');
  try {
    for (const name of [...SETTINGS, 'src', 'dev', 'test']) {
      await cp(join(REPOSITORY, name), join(copy.path, name), { recursive: true });
    }
    await symlink(join(REPOSITORY, 'node_modules'), join(copy.path, 'node_modules'));
    for (const [file, imported] of FORBIDDEN) {
      await appendFile(join(copy.path, 'src', file), `\nimport '${imported}';\n`);
    }
    const { code, output } = await cruise(copy.path);
    expect(code).not.toBe(0);
    const violations = output.replaceAll(/→\s+/g, '→ ').split('\n');
    for (const [file, imported, rule] of FORBIDDEN) {
      const local = imported.startsWith('.');
      const target = local ? join('src', file, '..', imported) : `node_modules/${imported}/`;
      const parts = [`${rule}:`, `src/${file} → ${local ? target : ''}`, target];
      const found = violations.some((line) => parts.every((part) => line.includes(part)));
      expect(found, `${rule}: src/${file} → ${target}\n${output}`).toBe(true);
    }
  } finally {
    await copy.remove();
  }
}, 60_000);
