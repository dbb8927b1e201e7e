import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from 'nats';
import { messageOf } from '../platform/message-of.ts';
import { connectNats } from '../platform/nats.ts';
import type { NatsSettings } from '../platform/nats-settings.ts';
import { CliError } from './cli-error.ts';

/** What the commands work with that need no MongoDB. */
export interface NatsOnly {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
}

const TIMEOUT_MS = 5_000;

/** Connects, runs the work, and disconnects. @throws CliError */
export async function withNats<T>(
  settings: NatsSettings,
  work: (nats: NatsOnly) => Promise<T>,
): Promise<T> {
  const nc = await connectNats('jetbank', settings).catch((error: unknown) => {
    throw new CliError(messageOf(error));
  });
  try {
    const jsm = await jetstreamManager(nc, { checkAPI: false, timeout: TIMEOUT_MS });
    return await work({ nc, jsm, js: jetstream(nc, { timeout: TIMEOUT_MS }) });
  } finally {
    await nc.close();
  }
}
