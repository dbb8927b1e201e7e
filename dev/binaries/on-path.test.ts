import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeProgram } from '../../test/support/fake-program.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import type { TempFolder } from '../../test/support/temp-folder.ts';
import { findOnPath, isAtLeast } from './on-path.ts';

const server = {
  name: 'server',
  versionArgs: ['--version'],
  wanted: '2.12 or newer',
  accepts: (version: string) => isAtLeast(version, '2.12'),
};

describe('findOnPath', () => {
  let folder: TempFolder;
  let first: string;
  let second: string;

  beforeEach(async () => {
    folder = await tempFolder('on-path');
    first = join(folder.path, 'first');
    second = join(folder.path, 'second');
    await mkdir(first);
    await mkdir(second);
  });
  afterEach(() => folder.remove());

  const find = () => findOnPath(server, { PATH: `${first}:${second}` });

  it('takes the first program that is new enough', async () => {
    await fakeProgram(first, 'server', 'echo server: v2.12.0');
    await fakeProgram(second, 'server', 'echo server: v2.14.0');
    expect(await find()).toEqual({
      found: true,
      path: join(first, 'server'),
      version: '2.12.0',
    });
  });

  it('passes by a program that is too old', async () => {
    await fakeProgram(first, 'server', 'echo server: v2.11.9');
    await fakeProgram(second, 'server', 'echo server: v2.14.0');
    expect(await find()).toMatchObject({ path: join(second, 'server') });
  });

  it('passes by a program that does not run', async () => {
    await fakeProgram(first, 'server', 'exit 3');
    await fakeProgram(second, 'server', 'echo server: v2.14.0');
    expect(await find()).toMatchObject({ path: join(second, 'server') });
  });

  it('says why none will do', async () => {
    expect(await find()).toEqual({ found: false, why: 'PATH has no server' });
    const path = await fakeProgram(first, 'server', 'echo server: v2.9.25');
    expect(await find()).toEqual({ found: false, why: `${path} is 2.9.25, not 2.12 or newer` });
  });
});

describe('isAtLeast', () => {
  it.each([
    ['2.12.0', '2.12', true],
    ['2.9.9', '2.12', false],
    ['3.0.0', '2.12', true],
    ['7.0', '7.0', true],
    ['10.0.1', '7.0', true],
  ])('%s against %s is %s', (version, minimum, expected) => {
    expect(isAtLeast(version, minimum)).toBe(expected);
  });
});
