import { createInbox } from 'nats';
import type { Msg, MsgHdrs, NatsConnection } from 'nats';

/** What came of a publish that asks for a reply. */
export type Reply =
  | { readonly kind: 'answered'; readonly text: string }
  /** Nobody subscribes to the subject: the server said so, and nothing was stored. */
  | { readonly kind: 'no_responders' }
  /** No answer: in time, or before the connection broke. */
  | { readonly kind: 'lost'; readonly reason: string };

export interface Requester {
  /** @throws whatever the client throws before it sends: nothing was sent then. */
  request(subject: string, payload: Uint8Array, headers?: MsgHdrs): Promise<Reply>;
}

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  /** Monotonic clock, milliseconds. */
  readonly deadline: number;
}

const NO_RESPONDERS = 503;

/**
 * Requests on one shared inbox with one timer for all: every append waits equally long, so the
 * oldest is always the next to run out. The client's own `request` makes a timer, a race and an
 * error with a stack for each, which costs as much as the publish, and it goes on waiting for
 * answers that a broken connection has already lost.
 */
export function createRequester(
  nc: NatsConnection,
  { timeoutMs, inboxPrefix }: { readonly timeoutMs: number; readonly inboxPrefix?: string },
): Requester {
  const inbox = createInbox(inboxPrefix);
  const waiting = new Map<string, Waiting>();
  let nextToken = 0;
  let timer: NodeJS.Timeout | undefined;

  nc.subscribe(`${inbox}.*`, {
    callback(error, message) {
      if (error === null) settle(message.subject.slice(inbox.length + 1), replyOf(message));
    },
  });
  void (async () => {
    for await (const { type } of nc.status()) {
      if (type === 'disconnect') loseAll('the connection to NATS broke');
    }
    loseAll('the connection to NATS was closed');
  })();

  function settle(token: string, reply: Reply): void {
    const request = waiting.get(token);
    if (request === undefined) return;
    waiting.delete(token);
    request.resolve(reply);
  }

  function loseAll(reason: string): void {
    for (const token of waiting.keys()) settle(token, { kind: 'lost', reason });
  }

  /** Ends what has waited too long; the oldest come first. */
  function expire(): void {
    timer = undefined;
    const now = performance.now();
    for (const [token, { deadline }] of waiting) {
      if (deadline > now) {
        timer = setTimeout(expire, deadline - now);
        return;
      }
      settle(token, { kind: 'lost', reason: `no answer within ${timeoutMs} ms` });
    }
  }

  return {
    request(subject, payload, headers) {
      const token = (nextToken++).toString(36);
      nc.publish(subject, payload, { reply: `${inbox}.${token}`, ...(headers && { headers }) });
      return new Promise((resolve) => {
        waiting.set(token, { resolve, deadline: performance.now() + timeoutMs });
        timer ??= setTimeout(expire, timeoutMs);
      });
    },
  };
}

function replyOf(message: Msg): Reply {
  if (message.data.length === 0 && message.headers?.code === NO_RESPONDERS) {
    return { kind: 'no_responders' };
  }
  return { kind: 'answered', text: message.string() };
}
