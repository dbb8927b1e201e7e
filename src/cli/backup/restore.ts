import { join } from 'node:path';
import type { JetStreamManager } from '@nats-io/jetstream';
import { readArchive } from '../../event-store/jetstream/archive/read-archive.ts';
import type { ArchiveSummary } from '../../event-store/jetstream/archive/read-archive.ts';
import { BrokenArchiveError } from '../../event-store/jetstream/archive/byte-reader.ts';
import { SNAPSHOT_STREAM } from '../../event-store/jetstream/names.ts';
import { backupSentInto, endRestoring } from '../../event-store/jetstream/restoring.ts';
import { findStream, withReplicas } from '../../event-store/jetstream/stream-config.ts';
import { environmentReader } from '../../platform/environment.ts';
import type { Environment } from '../../platform/environment.ts';
import { messageOf } from '../../platform/message-of.ts';
import { readNatsSettings } from '../../platform/nats-settings.ts';
import { readArguments } from '../arguments.ts';
import { CliError } from '../cli-error.ts';
import { counted } from '../counted.ts';
import { atLeast } from '../doctor/finding.ts';
import { withNats } from '../nats-only.ts';
import { replicasFlag } from '../replicas-flag.ts';
import { anotherLog, checkRestored } from './check-restored.ts';
import { oneFolder } from './folder-argument.ts';
import { ARCHIVE, readManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { setOpenTimers } from './open-timers.ts';
import { sendBackup } from './send-backup.ts';

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
    const there = await findSent(nats.jsm, manifest);
    const copies = replicas ?? there?.copies ?? header.config.num_replicas;
    const config = withReplicas(header.config, copies);
    if (there !== undefined) {
      expectCopies(manifest, there.copies, copies);
      process.stderr.write('the log is there already: only checking it and setting timers\n');
    } else {
      expectTaker(nats.nc.info?.version ?? '0', archive, manifest);
      await forgetSnapshots(nats.jsm);
      const { end } = archive;
      await sendBackup(nats, { folder, manifest, end, header: { ...header, config } });
    }
    const isOurs = there?.isLog !== true;
    const holds = await checkRestored(nats.jsm, manifest, isOurs);
    if (isOurs) await endRestoring(nats.jsm, config);
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

/** All of a backup, which an earlier call sent that was broken off before it was checked and done. */
interface Sent {
  readonly copies: number;
  /** Whether it was checked: services work with it. */
  readonly isLog: boolean;
}

/**
 * Undefined where there is no stream of that name.
 * @throws CliError when there is another log, or not all of this one.
 */
async function findSent(jsm: JetStreamManager, manifest: Manifest): Promise<Sent | undefined> {
  const { stream, log, archive } = manifest;
  const info = await findStream(jsm, stream);
  if (info === undefined) return undefined;
  const { messages, first_seq: first, last_seq: last } = info.state;
  const isWhole = messages === log.messages && first === log.first && last === log.last;
  const backup = backupSentInto(info.config);
  if (backup === undefined && !isWhole) throw anotherLog(stream, messages);
  if (backup !== undefined && !(isWhole && backup === archive.sha256)) {
    throw new CliError(
      `a restore of ${backup === archive.sha256 ? 'this' : 'another'} backup is under way, or broke off: ${stream} has ` +
        `${counted(messages, 'message')} and is not the log, no service works with it. Where none is under way, ` +
        `remove it ("nats stream rm ${stream}") and call this again`,
    );
  }
  return { copies: info.config.num_replicas, isLog: backup === undefined };
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
