import { readFileSync } from 'node:fs';
import { JetStreamApiError } from '@nats-io/jetstream';
import type { JetStreamManager, StreamConfig, StreamInfo } from '@nats-io/jetstream';
import { configDrift, PEER_EXPECT, STREAM_DEFAULTS } from './config-drift.ts';
import type { Drift } from './config-drift.ts';

/** A stream as `streams/<name>.json` describes it: the same bare JSON that `nats stream add --config` takes. */
export type DesiredStream = Partial<StreamConfig> & Pick<StreamConfig, 'name' | 'subjects'>;

/** What `streams/<name>.json` says, with so many replicas. */
export function desiredStream(name: string, replicas: number): DesiredStream {
  const file = new URL(`../../../streams/${name}.json`, import.meta.url);
  const config = JSON.parse(readFileSync(file, 'utf8')) as DesiredStream;
  return withReplicas(config, replicas);
}

/** The configuration with so many copies, which `nats server check stream` then expects. */
export function withReplicas<T extends Partial<StreamConfig>>(config: T, replicas: number): T {
  const others = Object.entries(config.metadata ?? {}).filter(([key]) => key !== PEER_EXPECT);
  // It calls a stream without peers broken when it expects any.
  const peers = replicas > 1 ? { [PEER_EXPECT]: String(replicas) } : {};
  return {
    ...config,
    num_replicas: replicas,
    metadata: { ...Object.fromEntries(others), ...peers },
  };
}

export type StreamStatus =
  | { readonly kind: 'missing' }
  | { readonly kind: 'present'; readonly info: StreamInfo; readonly drift: readonly Drift[] };

/** Compares the server's stream with the description; changes nothing. */
export async function inspectStream(
  jsm: JetStreamManager,
  desired: DesiredStream,
): Promise<StreamStatus> {
  const info = await findStream(jsm, desired.name);
  if (info === undefined) return { kind: 'missing' };
  return { kind: 'present', info, drift: configDrift(desired, info.config, STREAM_DEFAULTS) };
}

/** What the server tells of the stream; undefined where there is none. */
export async function findStream(
  jsm: JetStreamManager,
  name: string,
): Promise<StreamInfo | undefined> {
  try {
    return await jsm.streams.info(name);
  } catch (error) {
    if (isStreamMissing(error)) return undefined;
    throw error;
  }
}

/** Whether a request failed because there is no such stream. */
export const isStreamMissing = (error: unknown): boolean =>
  error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND;

/** Makes the stream; an equal one that another process made meanwhile is fine. */
export async function createStream(jsm: JetStreamManager, desired: DesiredStream): Promise<void> {
  // The client fills defaults into what it is given.
  await jsm.streams.add({ ...desired });
}

const STREAM_NOT_FOUND = 10059;
