import type { NatsConnection } from 'nats';

/** What was sent since {@link CountedConnection.reset}, without the snapshots that are written. */
export interface Requests {
  readonly sent: number;
  /** Times that a request left while none was under way: how often an answer was waited for. */
  readonly roundTrips: number;
}

export interface CountedConnection {
  readonly nc: NatsConnection;
  readonly reset: () => void;
  readonly counted: () => Requests;
}

/** Snapshots are written after the command is answered. */
const WRITTEN_LATER = '$KV.';

/** The connection, with its requests counted: those by `request`, and published ones that want a reply. */
export function countRequests(connection: NatsConnection): CountedConnection {
  let sent = 0;
  let roundTrips = 0;
  let underWay = 0;
  const leaves = (subject: string): boolean => {
    if (subject.startsWith(WRITTEN_LATER)) return false;
    sent += 1;
    if (underWay === 0) roundTrips += 1;
    return true;
  };
  const request: NatsConnection['request'] = async (subject, ...rest) => {
    if (!leaves(subject)) return connection.request(subject, ...rest);
    underWay += 1;
    try {
      return await connection.request(subject, ...rest);
    } finally {
      underWay -= 1;
    }
  };
  // An append: the answer comes by a subscription, and nothing else is under way until then.
  const publish: NatsConnection['publish'] = (subject, payload, options) => {
    if (options?.reply !== undefined) leaves(subject);
    connection.publish(subject, payload, options);
  };
  const nc = new Proxy(connection, {
    get(target, name) {
      if (name === 'request') return request;
      if (name === 'publish') return publish;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
  return {
    nc,
    reset() {
      sent = 0;
      roundTrips = 0;
    },
    counted: () => ({ sent, roundTrips }),
  };
}
