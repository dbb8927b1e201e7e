import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import { createStream, desiredStreams, inspectStream } from './stream-config.ts';
import type { Drift } from './stream-config.ts';

/** What was found, and made, of one stream. */
export interface ProvisionedStream {
  readonly name: string;
  readonly created: boolean;
  /** Where the server's stream is not what `streams/` says. Reported, never changed. */
  readonly drift: readonly Drift[];
  readonly info: StreamInfo;
}

/**
 * Sees to it that the ledger's streams exist.
 * @throws Error naming the stream and what to do, when one is missing and may not be made.
 */
export async function provisionStreams(
  jsm: JetStreamManager,
  { create, replicas }: { readonly create: boolean; readonly replicas: number },
): Promise<ProvisionedStream[]> {
  const result: ProvisionedStream[] = [];
  for (const desired of desiredStreams(replicas)) {
    const { name } = desired;
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
