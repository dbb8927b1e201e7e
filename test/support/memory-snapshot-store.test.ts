import { describe } from 'vitest';
import { snapshotStoreContract } from '../../src/event-store/snapshot-store.contract.ts';
import { memorySnapshotStore } from './memory-snapshot-store.ts';

describe('the snapshot store in memory', () => {
  snapshotStoreContract(() => Promise.resolve(memorySnapshotStore()));
});
