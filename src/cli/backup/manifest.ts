import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogSummary } from '../../event-store/jetstream/log-digest.ts';
import type { SnapshotHeader } from '../../event-store/jetstream/stream-snapshot.ts';
import { messageOf } from '../../platform/message-of.ts';
import { CliError } from '../cli-error.ts';

/** The first two are named, and are, as the nats CLI has them. Its restore would keep half of an append at the end. */
export const ARCHIVE = 'stream.tar.s2';
const HEADER = 'backup.json';
/** Written last: a folder without it holds no whole backup. */
const MANIFEST = 'jetbank.json';

const FORMAT = 1;

/** What jetbank knows of a backup beyond what the nats CLI writes. */
export interface Manifest {
  readonly format: typeof FORMAT;
  readonly stream: string;
  /** When the backup was complete, ISO 8601. */
  readonly createdAt: string;
  /** Version of nats-server. */
  readonly server: string;
  readonly archive: { readonly bytes: number; readonly sha256: string };
  readonly log: LogSummary;
}

export const manifestOf = (parts: Omit<Manifest, 'format'>): Manifest => ({
  format: FORMAT,
  ...parts,
});

/** Writes what makes the archive in the folder a backup. */
export async function writeManifest(
  folder: string,
  header: SnapshotHeader,
  manifest: Manifest,
): Promise<void> {
  const { config, state } = header;
  await writeFile(join(folder, HEADER), jsonOf({ config, state }));
  await writeFile(join(folder, MANIFEST), jsonOf(manifest));
}

const jsonOf = (value: object) => `${JSON.stringify(value, null, 2)}\n`;

/** @throws CliError naming the file that is missing or not what it should be. */
export async function readManifest(
  folder: string,
): Promise<{ readonly header: SnapshotHeader; readonly manifest: Manifest }> {
  const manifest = await readJson(folder, MANIFEST);
  if (!isManifest(manifest)) {
    throw new CliError(
      `${join(folder, MANIFEST)} is not of format ${FORMAT}: a newer jetbank wrote it`,
    );
  }
  const header = await readJson(folder, HEADER);
  if (!isHeader(header) || header.config.name !== manifest.stream) {
    throw new CliError(`${join(folder, HEADER)} does not describe the stream ${manifest.stream}`);
  }
  return { header, manifest };
}

async function readJson(folder: string, file: string): Promise<unknown> {
  const path = join(folder, file);
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!missing) throw new CliError(`${path} cannot be read: ${messageOf(error)}`);
    throw new CliError(
      `${folder} holds no whole backup of "jetbank backup": ${file} is missing. Use another one; where there ` +
        'is only one of the nats CLI, "nats stream restore" it, and look with "jetbank verify" for half of an append',
    );
  }
}

const isManifest = (value: unknown): value is Manifest =>
  typeof value === 'object' &&
  value !== null &&
  'format' in value &&
  value.format === FORMAT &&
  ['stream', 'archive', 'log'].every((field) => field in value);

const isHeader = (value: unknown): value is SnapshotHeader =>
  typeof value === 'object' &&
  value !== null &&
  'config' in value &&
  typeof value.config === 'object' &&
  value.config !== null &&
  'name' in value.config;
