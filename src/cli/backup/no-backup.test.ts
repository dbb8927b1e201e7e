import { open } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { SnapshotRefusedError } from '../../event-store/jetstream/stream-snapshot.ts';
import { noBackup } from './no-backup.ts';

// Only Linux has a device that is always full.
test.runIf(process.platform === 'linux')(
  'where the disk is full, no file of the server is suspected',
  async () => {
    const full = await open('/dev/full', 'w');
    const error = await full.write('bytes').catch((reason: unknown) => reason);
    await full.close();
    expect(noBackup(error, '/backups/1/stream.tar.s2').message).toMatch(
      /^\/backups\/1\/stream\.tar\.s2 cannot be written: ENOSPC.*\. This is no backup: make room, or name another folder$/,
    );
  },
);

test.each([
  [new SnapshotRefusedError('the server broke the snapshot off: 408'), /408.*"jetbank verify"$/],
  [new Error('nothing came for 15000 ms'), /for 15000 ms\. This is no backup: try again$/],
])('what the server says of itself sends one to look for damage: %s', (error, message) => {
  expect(noBackup(error, 'a').message).toMatch(message);
});
