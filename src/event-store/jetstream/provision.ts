import { JetStreamApiError } from '@nats-io/jetstream';
import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import { SNAPSHOT_STREAM, STREAM } from './names.ts';
import { createStream, desiredStream, inspectStream } from './stream-config.ts';
import type { Drift } from './stream-config.ts';

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
  /** Default: the log and the snapshot bucket. */
  readonly names?: readonly string[];
}

/**
 * Sees to it that the ledger's streams exist.
 * @throws Error naming the stream and what to do, when one is missing and may not be made.
 */
export async function provisionStreams(
  jsm: JetStreamManager,
  { create, replicas, names = [STREAM, SNAPSHOT_STREAM] }: ProvisionOptions,
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

/** What an acknowledged append has survived by then, for the log at start. */
export function durabilityOf({ config }: StreamInfo): string {
  const { storage, num_replicas: replicas } = config;
  if (storage === ('memory' as typeof storage)) return 'an ack means: in the memory of the servers';
  if (replicas > 1) {
    const quorum = Math.floor(replicas / 2) + 1;
    return (
      `an ack means: written by ${quorum} of ${replicas} servers; ` +
      'synced to disk as sync_interval of nats-server says'
    );
  }
  return (
    'an ack means: written by the one server, which survives its crash; ' +
    'it survives a power loss only with sync_interval: always in nats-server'
  );
}
