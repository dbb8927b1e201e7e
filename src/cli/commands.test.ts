import { expect, test } from 'vitest';
import { jetbankOk } from '../../test/support/jetbank.ts';
import { releaseVersion } from '../platform/release.ts';
import { helpOf, listOf } from './command.ts';
import { COMMANDS } from './commands.ts';

test('the help lists every command', () => {
  for (const { name, summary } of COMMANDS) {
    expect(listOf(COMMANDS)).toContain(`jetbank ${name}`);
    expect(listOf(COMMANDS)).toContain(summary);
  }
});

test('the release is named, and the help says how', async () => {
  expect(await jetbankOk({}, '--version')).toBe(releaseVersion());
  expect(listOf(COMMANDS)).toContain('jetbank --version');
});

test.each(COMMANDS)('"$name" is told with an example of its own', (command) => {
  expect(command.name.split(' ').length).toBeLessThanOrEqual(2);
  expect(helpOf(command)).toContain(command.usage);
  expect(command.examples.some((example) => example.includes(`jetbank ${command.name}`))).toBe(
    true,
  );
});

test('no name begins with another one, so that each line names one command', () => {
  for (const { name } of COMMANDS) {
    const others = COMMANDS.filter((other) => `${other.name} `.startsWith(`${name} `));
    expect(others.map((other) => other.name)).toEqual([name]);
  }
});

test('a backup is not offered to "nats stream restore", which keeps half of an append', () => {
  const backup = COMMANDS.find(({ name }) => name === 'backup')!;
  expect(helpOf(backup)).toMatch(/"jetbank restore", not with "nats stream restore"/);
});
