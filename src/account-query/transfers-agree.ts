import type { EventReader } from '../event-store/event-store.ts';
import type { LogEntry } from '../event-store/log-entry.ts';
import { isNothing, MOST_AHEAD } from './proof.ts';
import type { CurrencyProof } from './proof.ts';

/** Whether transfers net to zero in every currency, and up to which stream sequence that was asked. */
export type TransferProof =
  | { readonly kind: 'compared'; readonly sequence: number; readonly agrees: boolean }
  /** The read models are too far from one position to tell. */
  | { readonly kind: 'not_compared' };

/** No append is longer, so within so many events both sides of every transfer have come. */
const LONGEST_APPEND = 1_000;

/** More is not read to bring the accounts to one position. */
const MOST_READ = 20_000;

/**
 * The two sides of a transfer stand on two documents, which are written one after the other, and
 * while money moves no reading of all accounts has both sides of every transfer. So the log is asked
 * for what the sums lack: `position` is a stream sequence up to which they have every event, and of
 * the accounts beyond it is known how far they had come. With the missing events added, they are the
 * sums at one stream sequence; there transfers net to zero, or, where it stands within an append,
 * at that append's end.
 * @throws whatever the log throws, and the signal's reason once it is aborted.
 */
export async function compareTransfers(
  proofs: readonly CurrencyProof[],
  position: number,
  log: Pick<EventReader, 'entries'>,
  signal: AbortSignal,
): Promise<TransferProof> {
  const ahead = accountsAhead(proofs);
  if (ahead === undefined) return { kind: 'not_compared' };
  const nets = new Map(proofs.map(({ currency, received, sent }) => [currency, received - sent]));
  const agrees = () => [...nets.values()].every(isNothing);
  let reached = Math.max(position, ...ahead.values().map(({ sequence }) => sequence));
  if (reached === position && agrees())
    return { kind: 'compared', sequence: position, agrees: true };
  if (reached - position > MOST_READ) return { kind: 'not_compared' };
  const furthest = reached;
  for await (const entry of log.entries(position, furthest + LONGEST_APPEND)) {
    signal.throwIfAborted();
    // Here all accounts are at one position.
    if (entry.sequence > furthest && agrees()) break;
    if ((ahead.get(entry.accountId)?.version ?? 0) < versionOf(entry)) add(nets, entry);
    reached = Math.max(reached, entry.sequence);
  }
  return { kind: 'compared', sequence: reached, agrees: agrees() };
}

/** By their ids, those beyond the position; undefined where there may be more than are known. */
function accountsAhead(proofs: readonly CurrencyProof[]) {
  if (proofs.some(({ ahead }) => ahead.length === MOST_AHEAD)) return undefined;
  return new Map(proofs.flatMap(({ ahead }) => ahead).map((seen) => [seen.accountId, seen]));
}

/** An entry that cannot be read is no event of a transfer that anybody could apply. */
const versionOf = (entry: LogEntry): number => ('event' in entry ? entry.event.version : 0);

function add(nets: Map<string, bigint>, entry: LogEntry): void {
  if (!('event' in entry)) return;
  const { event } = entry;
  if (event.type !== 'TransferReceived' && event.type !== 'TransferSent') return;
  const change = event.type === 'TransferReceived' ? event.amount : -event.amount;
  nets.set(event.currency, (nets.get(event.currency) ?? 0n) + change);
}
