import { expect, test } from 'vitest';
import { PROJECTIONS_HELP, projectionsArgs } from './projections-args.ts';

const of = (line: string) => projectionsArgs(line.split(' ').filter((word) => word !== ''));

test.each(['', '--help', '-h', 'rebuild --help'])('"%s" asks for help', (line) => {
  expect(of(line)).toBeUndefined();
});

test('what is given is read', () => {
  expect(of('rebuild accounts --groups 4 --verify')).toMatchObject({
    command: 'rebuild',
    groups: 4,
    verify: true,
    rollback: false,
  });
  expect(of('status --json')).toMatchObject({ command: 'status', json: true });
  expect(of('retry-parked a b')).toMatchObject({ accountIds: ['a', 'b'] });
});

test.each([
  ['rebuilt', /^there is no "projections rebuilt"/],
  ['status --fast', /--fast/],
  ['status accounts', /takes no "accounts"/],
  ['status --groups 2', /does not know --groups/],
  ['pause accounts --json', /does not know --json/],
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
    expect((error as Error).name).toBe('CliError');
    expect((error as Error).message).not.toContain('\n');
  }
});

test('the help names every command', () => {
  for (const command of ['status', 'rebuild', 'verify', 'retry-parked', 'pause', 'resume']) {
    expect(PROJECTIONS_HELP).toContain(`jetbank projections ${command}`);
  }
});
