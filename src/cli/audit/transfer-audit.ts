import type { TransferReceived, TransferSent, EventBase } from '../../account/events.ts';
import type { LogEntry } from '../../event-store/log-entry.ts';
import type { Finding } from './finding.ts';

/**
 * Transfers, entry by entry in the log's order. Both sides of a leg stand one behind the other, and
 * the legs of a transfer in one append, so nothing else stands between them.
 */
export interface TransferAudit {
  add(entry: LogEntry): readonly Finding[];
  /** Whether the last entry was a side that waits for its other one. */
  isOpen(): boolean;
  /** The log has ended: what waits now waits in vain. */
  end(): readonly Finding[];
}

interface Sent {
  readonly sequence: number;
  readonly event: TransferSent & EventBase;
}

/** Ids of so many transfers back are known: no append has more events. */
const RECENT = 1_000;

export function transferAudit(): TransferAudit {
  let waiting: Sent | undefined;
  /** The transfer whose legs stand here. */
  let current: string | undefined;
  const recent = new Set<string>();

  const tell = (sequence: number, accountId: string, what: string): Finding => ({
    ...{ sequence, invariant: 'I1', accountId, what, remedy: 'log' },
  });

  function end(): readonly Finding[] {
    if (waiting === undefined) return [];
    const { sequence, event } = waiting;
    waiting = undefined;
    const what = `TransferSent of transfer ${event.transferId} has no TransferReceived behind it`;
    return [tell(sequence, event.accountId, what)];
  }

  function begin(transferId: string): boolean {
    if (current === transferId) return true;
    current = transferId;
    if (recent.has(transferId)) return false;
    recent.add(transferId);
    const [oldest] = recent;
    if (recent.size > RECENT && oldest !== undefined) recent.delete(oldest);
    return true;
  }

  return {
    isOpen: () => waiting !== undefined,
    end,
    add(entry) {
      const { sequence, accountId } = entry;
      const event = 'event' in entry ? entry.event : undefined;
      if (event?.type === 'TransferReceived') {
        const sent = waiting;
        waiting = undefined;
        if (sent === undefined) {
          const what = `TransferReceived of transfer ${event.transferId} has no TransferSent before it`;
          return [tell(sequence, accountId, what)];
        }
        const what = mismatch(sent, event, sequence);
        return what === undefined ? [] : [tell(sent.sequence, sent.event.accountId, what)];
      }
      const found = end();
      if (event?.type !== 'TransferSent') {
        current = undefined;
        return found;
      }
      waiting = { sequence, event };
      if (begin(event.transferId)) return found;
      const what = `legs of transfer ${event.transferId} stand in two places of the log`;
      return [...found, tell(sequence, accountId, what)];
    },
  };
}

/** What does not fit together of the two sides of a leg. */
function mismatch(
  { sequence: at, event: sent }: Sent,
  received: TransferReceived & EventBase,
  sequence: number,
): string | undefined {
  const fits =
    sequence === at + 1 &&
    sent.transferId === received.transferId &&
    sent.counterparty === received.accountId &&
    received.counterparty === sent.accountId;
  if (!fits) return `TransferSent of transfer ${sent.transferId} is not followed by its other side`;
  if (sent.amount === received.amount && sent.currency === received.currency) return undefined;
  return (
    `transfer ${sent.transferId} takes ${sent.amount} minor units ${sent.currency} ` +
    `and brings ${received.amount} ${received.currency}`
  );
}
