import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { JetStreamManager } from '@nats-io/jetstream';
import { cleanArchive } from '../../event-store/jetstream/archive/clean-archive.ts';
import type { CleanEnd } from '../../event-store/jetstream/archive/read-archive.ts';
import { backupSentInto, whileRestoring } from '../../event-store/jetstream/restoring.ts';
import { findStream } from '../../event-store/jetstream/stream-config.ts';
import { CHUNK, sendSnapshot } from '../../event-store/jetstream/stream-snapshot.ts';
import type { SnapshotHeader } from '../../event-store/jetstream/stream-snapshot.ts';
import { messageOf } from '../../platform/message-of.ts';
import { CliError } from '../cli-error.ts';
import { counted } from '../counted.ts';
import type { NatsOnly } from '../nats-only.ts';
import { progressBar } from '../progress-bar.ts';
import { ARCHIVE } from './manifest.ts';
import type { Manifest } from './manifest.ts';

/** What is sent: the backup in a folder, up to its clean end. */
export interface Sending {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly header: SnapshotHeader;
  readonly end: CleanEnd | undefined;
}

/**
 * Sends the backup into a stream that is not the log yet.
 * @throws CliError that tells what stands there and what to do.
 */
export async function sendBackup(nats: NatsOnly, sending: Sending): Promise<void> {
  const { folder, manifest, header, end } = sending;
  const path = join(folder, ARCHIVE);
  const chunkSize = Math.min(CHUNK, nats.nc.info?.max_payload ?? CHUNK);
  const chunks =
    end === undefined
      ? createReadStream(path, { highWaterMark: chunkSize })
      : cleanArchive(path, end, chunkSize);
  const { size } = await stat(path);
  // What is written anew is longer than it is in the file: messages are sent as they come out of it.
  const total = end !== undefined && 'stateEnd' in end ? end.keep : size;
  const config = whileRestoring(header.config, manifest.archive.sha256);
  const bar = progressBar('bytes');
  try {
    await sendSnapshot(nats.nc, { ...header, config }, chunks, (sent) =>
      bar.update(Math.min(sent, total), total),
    );
  } catch (error) {
    const left = await whatStands(nats.jsm, manifest);
    throw new CliError(`the backup was not taken: ${messageOf(error)}. ${left}`);
  } finally {
    bar.end();
  }
}

async function whatStands(jsm: JetStreamManager, manifest: Manifest): Promise<string> {
  const { stream, archive, log } = manifest;
  const info = await findStream(jsm, stream).catch(() => 'unknown' as const);
  if (info === 'unknown') return 'Call it again: it says what came of it';
  const isSent = info !== undefined && backupSentInto(info.config) === archive.sha256;
  if (!isSent) return 'Nothing was restored';
  return (
    `${stream} has ${info.state.messages} of ${counted(log.messages, 'message')} and is not the log: no service ` +
    `works with it. Remove it ("nats stream rm ${stream}") and call this again`
  );
}
