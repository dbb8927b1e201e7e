import type { JetStreamManager } from '@nats-io/jetstream';
import { SNAPSHOT_STREAM } from '../event-store/jetstream/names.ts';
import { CliError } from './cli-error.ts';

export async function hasSnapshotBucket(jsm: JetStreamManager): Promise<boolean> {
  for await (const name of jsm.streams.names()) if (name === SNAPSHOT_STREAM) return true;
  return false;
}

/** @throws CliError where there is none to write to. */
export async function needSnapshotBucket(jsm: JetStreamManager): Promise<void> {
  if (await hasSnapshotBucket(jsm)) return;
  throw new CliError('there is no snapshot bucket: make it with "jetbank streams apply"');
}
