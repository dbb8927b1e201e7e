import { expect, test } from 'vitest';
import { expectTaker } from './restore.ts';

test.each([
  ['2.14.7', 'blocks', '2.14.0'],
  ['2.15.3', 'blocks', '2.14.0'],
  ['2.15.0', 'messages', '2.15.3'],
] as const)('nats-server %s takes an archive of %s', (version, kind, server) => {
  expect(() => expectTaker(version, { kind }, { server })).not.toThrow();
});

test('an older nats-server does not take an archive of messages', () => {
  expect(() => expectTaker('2.14.7', { kind: 'messages' }, { server: '2.15.3' })).toThrow(
    'nats-server 2.14.7 does not take a backup of 2.15.3: nothing was restored. Restore it to nats-server 2.15.0 or newer',
  );
});
