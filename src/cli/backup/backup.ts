import { mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BrokenArchiveError } from '../../event-store/jetstream/archive/byte-reader.ts';
import { readArchive } from '../../event-store/jetstream/archive/read-archive.ts';
import type { ArchiveSummary } from '../../event-store/jetstream/archive/read-archive.ts';
import { STREAM } from '../../event-store/jetstream/names.ts';
import { RESTORING, backupSentInto } from '../../event-store/jetstream/restoring.ts';
import { findStream } from '../../event-store/jetstream/stream-config.ts';
import { takeSnapshot } from '../../event-store/jetstream/stream-snapshot.ts';
import type { SnapshotHeader } from '../../event-store/jetstream/stream-snapshot.ts';
import { environmentReader } from '../../platform/environment.ts';
import type { Environment } from '../../platform/environment.ts';
import { messageOf } from '../../platform/message-of.ts';
import { readNatsSettings } from '../../platform/nats-settings.ts';
import { inboxPrefixOf } from '../../platform/nats.ts';
import { readArguments } from '../arguments.ts';
import { CliError } from '../cli-error.ts';
import { counted } from '../counted.ts';
import { withNats } from '../nats-only.ts';
import type { NatsOnly } from '../nats-only.ts';
import { progressBar } from '../progress-bar.ts';
import { expectAllOf, readableOrAsStored } from './check-archive.ts';
import { oneFolder } from './folder-argument.ts';
import { ARCHIVE, manifestOf, writeManifest } from './manifest.ts';
import { SUSPECT, noBackup } from './no-backup.ts';

/** `jetbank backup DIR`: the log, while the services go on. */
export async function backup(args: readonly string[], variables: Environment): Promise<void> {
  const { values, positionals } = readArguments(args, { json: { type: 'boolean' } });
  const folder = oneFolder(positionals);
  const env = environmentReader(variables);
  const settings = readNatsSettings(env);
  env.done();
  await withNats(settings, async (nats) => {
    await expectFiles(nats);
    await makeEmpty(folder);
    const { header, archive } = await takeAndCheck(nats, join(folder, ARCHIVE));
    const { bytes, sha256, log } = archive;
    const manifest = manifestOf({
      stream: STREAM,
      createdAt: new Date().toISOString(),
      server: nats.nc.info?.version ?? 'unknown',
      archive: { bytes, sha256 },
      log,
    });
    await writeManifest(folder, header, manifest);
    const told = `${STREAM}: ${counted(log.messages, 'message')}, stream sequence ${log.first} to ${log.last}, in ${folder}`;
    process.stdout.write(`${values.json === true ? JSON.stringify(manifest) : told}\n`);
  });
}

async function expectFiles({ jsm }: NatsOnly): Promise<void> {
  const info = await findStream(jsm, STREAM);
  if (info === undefined) throw new CliError(`there is no stream ${STREAM} to back up`);
  if (backupSentInto(info.config) !== undefined) {
    throw new CliError(`${STREAM} cannot be backed up, ${RESTORING.reason}: ${RESTORING.remedy}`);
  }
  if (info.config.storage !== 'file') {
    throw new CliError(
      `${STREAM} is kept in memory, and nats-server backs up only what is in files`,
    );
  }
}

async function makeEmpty(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if ((await readdir(folder)).length === 0) return;
  } catch (error) {
    throw new CliError(`${folder} cannot be used: ${messageOf(error)}`);
  }
  throw new CliError(`${folder} is not empty: name a new folder for each backup`);
}

interface Taken {
  readonly header: SnapshotHeader;
  readonly archive: ArchiveSummary;
}

/** Reads back the file that was written, so that what is recorded is what is there. */
async function takeAndCheck(nats: NatsOnly, path: string): Promise<Taken> {
  const header = await take(nats, path).catch((error: unknown) => {
    throw noBackup(error, path);
  });
  process.stderr.write('reading it back\n');
  const archive = await readArchive(path, readableOrAsStored(nats.jsm)).catch((error: unknown) => {
    if (!(error instanceof BrokenArchiveError)) throw error;
    throw new CliError(`${path} is damaged: ${error.message}. ${SUSPECT}`);
  });
  expectAllOf(header.state, archive);
  return { header, archive };
}

async function take({ nc }: NatsOnly, path: string): Promise<SnapshotHeader> {
  const bar = progressBar('bytes');
  const file = await open(path, 'w', 0o600);
  try {
    let received = 0;
    const header = await takeSnapshot(
      nc,
      STREAM,
      inboxPrefixOf('jetbank'),
      async (chunk, { state }) => {
        await file.write(chunk);
        received += chunk.length;
        // It comes compressed: how far is not known before the end.
        bar.update(received, Math.max(received + 1, state.bytes));
      },
    );
    await file.sync();
    bar.update(received, received);
    return header;
  } finally {
    bar.end();
    await file.close();
  }
}
