import { logDigest } from '../log-digest.ts';
import type { LogSummary } from '../log-digest.ts';
import type { ArchivedMessage } from './archived-message.ts';

export type OnMessage = (message: ArchivedMessage) => Promise<void> | void;

/** Takes messages in order, and tells `onMessage` of them once their whole append is there. */
export function appendByAppend(onMessage: OnMessage) {
  const digest = logDigest();
  let open: ArchivedMessage[] = [];
  let seen = 0;
  return {
    async add(message: ArchivedMessage): Promise<void> {
      seen = message.sequence;
      open.push(message);
      if (isPartOfMore(message)) return;
      for (const done of open) {
        digest.add(done);
        await onMessage(done);
      }
      open = [];
    },
    /** Whether an append ended with the last message. */
    isWhole: () => open.length === 0,
    /** Sequence of the last message. */
    seen: () => seen,
    /** Of the whole appends. */
    summary: (): LogSummary => digest.summary(),
  };
}

export type AppendByAppend = ReturnType<typeof appendByAppend>;

/** Every message of an atomic batch names it, and the last one commits it. */
const isPartOfMore = ({ headers }: ArchivedMessage): boolean =>
  /^Nats-Batch-Id:/im.test(headers) && !/^Nats-Batch-Commit:/im.test(headers);
