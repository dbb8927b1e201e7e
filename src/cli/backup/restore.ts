import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { JetStreamManager } from '@nats-io/jetstream';
import { cleanArchive } from '../../event-store/jetstream/archive/clean-archive.ts';
import { readArchive } from '../../event-store/jetstream/archive/read-archive.ts';
import type { ArchiveSummary, CleanEnd } from '../../event-store/jetstream/archive/read-archive.ts';
import { BrokenArchiveError } from '../../event-store/jetstream/archive/byte-reader.ts';
import { SNAPSHOT_STREAM } from '../../event-store/jetstream/names.ts';
import { findStream, withReplicas } from '../../event-store/jetstream/stream-config.ts';
import { CHUNK, sendSnapshot } from '../../event-store/jetstream/stream-snapshot.ts';
import type { SnapshotHeader } from '../../event-store/jetstream/stream-snapshot.ts';
import { environmentReader } from '../../platform/environment.ts';
import type { Environment } from '../../platform/environment.ts';
import { messageOf } from '../../platform/message-of.ts';
import { readNatsSettings } from '../../platform/nats-settings.ts';
import { readArguments } from '../arguments.ts';
import { CliError } from '../cli-error.ts';
import { counted } from '../counted.ts';
import { atLeast } from '../doctor/finding.ts';
import { withNats } from '../nats-only.ts';
import type { NatsOnly } from '../nats-only.ts';
import { progressBar } from '../progress-bar.ts';
import { replicasFlag } from '../replicas-flag.ts';
import { anotherLog, checkRestored } from './check-restored.ts';
import { oneFolder } from './folder-argument.ts';
import { ARCHIVE, readManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { setOpenTimers } from './open-timers.ts';

/** The first nats-server that makes archives of messages; it takes those of blocks too. */
const TAKES_MESSAGES = '2.15.0';

const OPTIONS = { json: { type: 'boolean' }, replicas: { type: 'string' } } as const;

/** `jetbank restore DIR`: the log as it was, where there is none. */
export async function restore(args: readonly string[], variables: Environment): Promise<void> {
  const { values, positionals } = readArguments(args, OPTIONS);
  const folder = oneFolder(positionals);
  const replicas = replicasFlag(values.replicas);
  const env = environmentReader(variables);
  const settings = readNatsSettings(env);
  env.done();
  const { header, manifest } = await readManifest(folder);
  const archive = await expectWhole(folder, manifest);
  await withNats(settings, async (nats) => {
    const there = await copiesOfSent(nats.jsm, manifest);
    const copies = replicas ?? there ?? header.config.num_replicas;
    if (there !== undefined) {
      expectCopies(manifest, there, copies);
      process.stderr.write('the log is there already: only checking it and setting timers\n');
    } else {
      expectTaker(nats.nc.info?.version ?? '0', archive, manifest);
      await forgetSnapshots(nats.jsm);
      await send(nats, folder, archive.end, {
        ...header,
        config: withReplicas(header.config, copies),
      });
    }
    const holds = await checkRestored(nats.jsm, manifest, there === undefined);
    const timers = await setOpenTimers(nats, holds, copies);
    const { first, last, messages } = manifest.log;
    const told =
      `${manifest.stream}: ${counted(messages, 'message', 'messages')}, stream sequence ${first} to ${last}, ` +
      `equal to the backup; ${counted(timers, 'timer of an open hold', 'timers of open holds')} set`;
    const result = { ...manifest.log, timers };
    process.stdout.write(`${values.json === true ? JSON.stringify(result) : told}\n`);
  });
}

/** @throws CliError when the archive is not the one that was written. */
async function expectWhole(folder: string, { archive }: Manifest): Promise<ArchiveSummary> {
  const path = join(folder, ARCHIVE);
  process.stderr.write('checking the backup\n');
  const found = await readArchive(path).catch((error: unknown) => {
    const reason = messageOf(error);
    const damaged = error instanceof BrokenArchiveError ? ' is damaged' : ' cannot be read';
    throw new CliError(`${path}${damaged}: ${reason}. Nothing was restored: use another backup`);
  });
  if (found.bytes === archive.bytes && found.sha256 === archive.sha256) return found;
  throw new CliError(
    `${path} is not what was backed up: ${found.bytes} bytes instead of ${archive.bytes}, or other ones. ` +
      'Nothing was restored: use another backup',
  );
}

/**
 * Copies of a log that an earlier call may have brought, which was broken off before all was checked
 * and done; undefined where there is none.
 * @throws CliError when there is another log.
 */
async function copiesOfSent(
  jsm: JetStreamManager,
  { stream, log }: Manifest,
): Promise<number | undefined> {
  const info = await findStream(jsm, stream);
  if (info === undefined) return undefined;
  const { messages, first_seq: first, last_seq: last } = info.state;
  if (messages === log.messages && first === log.first && last === log.last) {
    return info.config.num_replicas;
  }
  throw anotherLog(stream, messages);
}

function expectCopies({ stream }: Manifest, there: number, wanted: number): void {
  if (there === wanted) return;
  throw new CliError(
    `${stream} is there with ${there} copies, not ${wanted}: nothing was changed. Call it again without ` +
      `--replicas, then "jetbank streams apply --replicas ${wanted}"`,
  );
}

/** @throws CliError when the server knows only archives of blocks, and this is none. */
export function expectTaker(
  version: string,
  { kind }: Pick<ArchiveSummary, 'kind'>,
  { server }: Pick<Manifest, 'server'>,
): void {
  if (kind === 'blocks' || atLeast(version, TAKES_MESSAGES)) return;
  throw new CliError(
    `nats-server ${version} does not take a backup of ${server}: nothing was restored. ` +
      `Restore it to nats-server ${TAKES_MESSAGES} or newer`,
  );
}

/** Snapshots of accounts may be of a later state than the log that comes: they are made anew. */
async function forgetSnapshots(jsm: JetStreamManager): Promise<void> {
  const info = await findStream(jsm, SNAPSHOT_STREAM);
  if (info !== undefined) await jsm.streams.purge(SNAPSHOT_STREAM);
}

async function send(
  { nc }: NatsOnly,
  folder: string,
  end: CleanEnd | undefined,
  header: SnapshotHeader,
): Promise<void> {
  const path = join(folder, ARCHIVE);
  const chunkSize = Math.min(CHUNK, nc.info?.max_payload ?? CHUNK);
  const chunks =
    end === undefined
      ? createReadStream(path, { highWaterMark: chunkSize })
      : cleanArchive(path, end, chunkSize);
  const { size } = await stat(path);
  // What is written anew is longer than it is in the file: messages are sent as they come out of it.
  const total = end !== undefined && 'stateEnd' in end ? end.keep : size;
  const bar = progressBar('bytes');
  try {
    await sendSnapshot(nc, header, chunks, (sent) => bar.update(Math.min(sent, total), total));
  } catch (error) {
    throw new CliError(`the server refused the backup: ${messageOf(error)}`);
  } finally {
    bar.end();
  }
}
