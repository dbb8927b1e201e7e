import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tempFolder } from '../../test/support/temp-folder.ts';
import type { TempFolder } from '../../test/support/temp-folder.ts';
import { cacheFolder, installProgram, withTempFolder } from './cache.ts';

let folder: TempFolder;
beforeEach(async () => {
  folder = await tempFolder('cache');
});
afterEach(() => folder.remove());

it('takes JETBANK_CACHE, then XDG_CACHE_HOME, then the home folder', () => {
  const env = { JETBANK_CACHE: '/a', XDG_CACHE_HOME: '/b', HOME: '/c' };
  expect(cacheFolder(env)).toBe('/a');
  expect(cacheFolder({ ...env, JETBANK_CACHE: '' })).toBe('/b/jetbank');
  expect(cacheFolder({ HOME: '/c' })).toBe('/c/.cache/jetbank');
});

it('removes the temporary folder also when its use fails', async () => {
  let used = '';
  const failing = withTempFolder({ JETBANK_CACHE: folder.path }, (temp) => {
    used = temp;
    expect(existsSync(temp)).toBe(true);
    return Promise.reject(new Error('no luck'));
  });
  await expect(failing).rejects.toThrow('no luck');
  expect(used.startsWith(folder.path)).toBe(true);
  expect(existsSync(used)).toBe(false);
});

it('removes what a killed process left, and leaves what a live one uses', async () => {
  const noSuchPid = 2 ** 30;
  const abandoned = join(folder.path, `tmp-${noSuchPid}-abc`);
  const inUse = join(folder.path, `tmp-${process.ppid}-abc`);
  await mkdir(abandoned);
  await mkdir(inUse);
  await withTempFolder({ JETBANK_CACHE: folder.path }, () => Promise.resolve());
  expect(existsSync(abandoned)).toBe(false);
  expect(existsSync(inUse)).toBe(true);
});

it('replaces a program that another process installed meanwhile', async () => {
  const target = join(folder.path, 'tool-1.0', 'tool');
  for (const text of ['one', 'two']) {
    const fetched = join(folder.path, text);
    await writeFile(fetched, text);
    await installProgram(fetched, target);
  }
  expect(await readFile(target, 'utf8')).toBe('two');
});

it('names the cache folder that cannot be written, and what to set', async () => {
  const file = join(folder.path, 'file');
  await writeFile(file, '');
  const env = { JETBANK_CACHE: join(file, 'cache') };
  const failing = withTempFolder(env, () => Promise.resolve());
  await expect(failing).rejects.toMatchObject({ code: 'folder_unusable' });
  await expect(failing).rejects.toThrow(/file\/cache cannot be written .* set JETBANK_CACHE/);
});
