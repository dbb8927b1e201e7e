import type { JetStreamManager } from '@nats-io/jetstream';
import { STREAM } from '../event-store/jetstream/names.ts';
import { SHARDS } from '../event-store/subjects.ts';

/**
 * In how many passes the log is read, so that one of them holds about so many accounts in memory:
 * accounts are spread over passes by their shards.
 */
export async function passesOver(jsm: JetStreamManager, accountsAPass: number): Promise<number> {
  const { state } = await jsm.streams.info(STREAM);
  // One subject an account.
  const accounts = state.num_subjects ?? 0;
  return Math.min(SHARDS, Math.max(1, Math.ceil(accounts / accountsAPass)));
}
