import { expect, it } from 'vitest';
import { parseStartOptions, withoutCredentials } from './options.ts';

it('starts own servers on the well-known ports unless addresses are given', () => {
  expect(parseStartOptions([], {})).toMatchObject({
    natsUrl: undefined,
    mongoUri: undefined,
    natsPort: 4222,
    mongoPort: 27017,
    cmdPort: 8080,
    queryPort: 8081,
  });
  const env = { NATS_URL: 'nats://127.0.0.1:5', MONGO_URI: '', CMD_PORT: '9000' };
  expect(parseStartOptions([], env)).toMatchObject({
    natsUrl: 'nats://127.0.0.1:5',
    mongoUri: undefined,
    cmdPort: 9000,
  });
});

it('refuses a port that no service can have', () => {
  expect(() => parseStartOptions([], { QUERY_PORT: '0' })).toThrow(
    "QUERY_PORT must be 1 to 65535, not '0'",
  );
});

it('shows addresses without their passwords', () => {
  expect(withoutCredentials('mongodb://teller:secret@127.0.0.1:1/x?y=z')).toBe(
    'mongodb://127.0.0.1:1/x?y=z',
  );
  expect(withoutCredentials('nats://127.0.0.1:4222')).toBe('nats://127.0.0.1:4222');
});
