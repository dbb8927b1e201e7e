import { PersistMode, StorageType } from '@nats-io/jetstream';
import { expect, test } from 'vitest';
import { durabilityOf } from './provision.ts';

test.each([
  [1, 'written by the one server'],
  [3, 'written by 2 of 3 servers'],
  [5, 'written by 3 of 5 servers'],
])('on files, with %i replicas, promises no more than: %s', (replicas, written) => {
  const told = durabilityOf({ config: { storage: StorageType.File, num_replicas: replicas } });
  expect(told).toMatch(`an ack means: ${written}; it survives their crash`);
  expect(told).toContain('a power loss only with sync_interval: always');
});

test.each([
  [{ storage: StorageType.Memory, num_replicas: 3 }, 'by 2 of 3 servers'],
  [
    { storage: StorageType.File, num_replicas: 1, persist_mode: PersistMode.Async },
    'by the one server',
  ],
])('of %o says that memory is all', (config, by) => {
  const told = durabilityOf({ config });
  expect(told).toBe(`an ack means: taken into memory ${by}; it does not survive their crash`);
});
