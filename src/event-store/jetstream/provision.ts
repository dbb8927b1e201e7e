import { JetStreamApiError, PersistMode, StorageType } from '@nats-io/jetstream';
import type { JetStreamManager, StreamConfig, StreamInfo } from '@nats-io/jetstream';
import { SNAPSHOT_STREAM, STREAM, TIMER_STREAM } from './names.ts';
import { expectLog } from './restoring.ts';
import { createStream, desiredStream, inspectStream } from './stream-config.ts';
import type { Drift } from './config-drift.ts';

/** What was found, and made, of one stream. */
export interface ProvisionedStream {
  readonly name: string;
  readonly created: boolean;
  /** Where the server's stream is not what `streams/` says. Reported, never changed. */
  readonly drift: readonly Drift[];
  readonly info: StreamInfo;
}

export interface ProvisionOptions {
  /** Whether a missing stream is made. */
  readonly create: boolean;
  readonly replicas: number;
  /** Default: the log, the snapshot bucket and the timers. */
  readonly names?: readonly string[];
}

/**
 * Sees to it that the ledger's streams exist.
 * @throws Error naming the stream and what to do, when one is missing and may not be made, or when the log
 * is being restored.
 */
export async function provisionStreams(
  jsm: JetStreamManager,
  { create, replicas, names = [STREAM, SNAPSHOT_STREAM, TIMER_STREAM] }: ProvisionOptions,
): Promise<ProvisionedStream[]> {
  const result: ProvisionedStream[] = [];
  for (const name of names) {
    const desired = desiredStream(name, replicas);
    let status = await inspectStream(jsm, desired);
    const created = status.kind === 'missing' && create;
    if (created) {
      await createStream(jsm, desired);
      status = await inspectStream(jsm, desired);
    }
    if (status.kind === 'missing') {
      throw new Error(
        `the stream ${name} does not exist: make it with "jetbank streams apply" ` +
          'or let the service do it with JETBANK_PROVISION=true',
      );
    }
    expectLog(name, status.info.config);
    result.push({ name, created, drift: status.drift, info: status.info });
  }
  return result;
}

/** Warns of a stream that is not what `streams/` says; `log` is the service's logger. */
export function reportDrift(
  { name, drift }: ProvisionedStream,
  log: { warn(details: object, message: string): void },
): void {
  if (drift.length === 0) return;
  log.warn({ stream: name, drift }, 'the stream differs from streams/; nothing was changed');
}

const INSUFFICIENT_RESOURCES = 10005;
const SYSTEM_UNAVAILABLE = 10008;

/** Whether the error passes by itself: a cluster that has just started has not counted its servers yet. */
export function isClusterStarting(error: unknown): boolean {
  if (!(error instanceof JetStreamApiError)) return false;
  return error.code === INSUFFICIENT_RESOURCES || error.code === SYSTEM_UNAVAILABLE;
}

type StoredAs = Partial<Pick<StreamConfig, 'storage' | 'num_replicas' | 'persist_mode'>>;

/**
 * What an acknowledged append survives, for the log at start: no more than the stream's configuration
 * promises, as a server does not tell its clients when it syncs to disk.
 */
export function durabilityOf({ config }: { readonly config: StoredAs }): string {
  const { storage, num_replicas: replicas = 1, persist_mode: persistMode } = config;
  const quorum = Math.floor(replicas / 2) + 1;
  const by = replicas > 1 ? `by ${quorum} of ${replicas} servers` : 'by the one server';
  if (storage === StorageType.Memory || persistMode === PersistMode.Async) {
    return `an ack means: taken into memory ${by}; it does not survive their crash`;
  }
  return (
    `an ack means: written ${by}; it survives their crash, ` +
    'but a power loss only with sync_interval: always in nats-server, which its clients cannot see'
  );
}
