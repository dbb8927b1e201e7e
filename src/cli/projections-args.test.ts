import { expect, test } from 'vitest';
import { projectionsArgs } from './projections-args.ts';
import type { ProjectionsCommand } from './projections-args.ts';

const ADA = '00000000-0000-4000-8000-00000000000a';
const BOB = '00000000-0000-4000-8000-00000000000b';

function of(line: string) {
  const [command, ...args] = line.split(' ');
  return projectionsArgs(command as ProjectionsCommand, args);
}

test('what is given is read', () => {
  expect(of('rebuild accounts --groups 4 --verify')).toMatchObject({
    groups: 4,
    verify: true,
    rollback: false,
  });
  expect(of('status --json')).toMatchObject({ json: true });
  expect(of(`retry-parked ${ADA} ${BOB}`)).toMatchObject({ accountIds: [ADA, BOB] });
});

test.each([
  ['status --fast', /--fast/],
  ['status accounts', /takes no "accounts"/],
  ['status --groups 2', /does not know --groups/],
  ['pause accounts --json', /does not know --json/],
  ['retry-parked foo', /^"foo" is no account id/],
  ['rebuild', /^name one projection: "jetbank projections rebuild accounts"$/],
  ['rebuild customers', /^name one projection/],
  ['rebuild accounts accounts', /^name one projection/],
  ['rebuild accounts --groups 0', /^--groups must be a whole number from 1 to 32$/],
  ['rebuild accounts --groups 33', /from 1 to 32/],
  ['rebuild accounts --groups 1e1', /from 1 to 32/],
  ['rebuild accounts --groups', /--groups/],
  ['rebuild accounts --rollback --abandon', /stand alone/],
  ['rebuild accounts --rollback --groups 2', /stand alone/],
])('"%s" is refused in one line', (line, message) => {
  expect(() => of(line)).toThrow(message);
  try {
    of(line);
  } catch (error) {
    expect((error as Error).name).toBe('UsageError');
    expect((error as Error).message).not.toContain('\n');
  }
});
