import { readFileSync } from 'node:fs';
import { JetStreamApiError } from '@nats-io/jetstream';
import type { JetStreamManager, StreamConfig, StreamInfo } from '@nats-io/jetstream';

/** A stream as `streams/<name>.json` describes it: the same bare JSON that `nats stream add --config` takes. */
export type DesiredStream = Partial<StreamConfig> & Pick<StreamConfig, 'name' | 'subjects'>;

/** What `streams/<name>.json` says, with so many replicas. */
export function desiredStream(name: string, replicas: number): DesiredStream {
  const file = new URL(`../../../streams/${name}.json`, import.meta.url);
  const config = JSON.parse(readFileSync(file, 'utf8')) as DesiredStream;
  return { ...config, num_replicas: replicas };
}

/** One setting in which the server's stream is not what the file says. */
export interface Drift {
  readonly setting: string;
  readonly desired: unknown;
  readonly actual: unknown;
}

export type StreamStatus =
  | { readonly kind: 'missing' }
  | { readonly kind: 'present'; readonly info: StreamInfo; readonly drift: readonly Drift[] };

/** Compares the server's stream with the description; changes nothing. */
export async function inspectStream(
  jsm: JetStreamManager,
  desired: DesiredStream,
): Promise<StreamStatus> {
  try {
    const info = await jsm.streams.info(desired.name);
    return { kind: 'present', info, drift: driftBetween(desired, info.config) };
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) {
      return { kind: 'missing' };
    }
    throw error;
  }
}

/** Makes the stream; an equal one that another process made meanwhile is fine. */
export async function createStream(jsm: JetStreamManager, desired: DesiredStream): Promise<void> {
  // The client fills defaults into what it is given.
  await jsm.streams.add({ ...desired });
}

const STREAM_NOT_FOUND = 10059;

function driftBetween(desired: DesiredStream, actual: StreamConfig): Drift[] {
  const settings = new Map<string, unknown>(Object.entries(actual));
  return Object.entries(desired)
    .map(([setting, value]) => ({ setting, desired: value, actual: settings.get(setting) }))
    .filter(({ desired: want, actual: have }) => !same(want, have));
}

/** The server leaves out what is false, zero or empty. */
function same(want: unknown, have: unknown): boolean {
  if (have === undefined) return want === false || want === 0 || want === '';
  return JSON.stringify(want) === JSON.stringify(have);
}
