import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';

/** One Server-Sent Event. */
export interface StreamedEvent {
  readonly id: number;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A connection that receives Server-Sent Events, as a browser's EventSource reads them. */
export interface EventStream {
  readonly response: IncomingMessage;
  readonly events: readonly StreamedEvent[];
  /** What EventSource would send as Last-Event-ID when it connects again. */
  readonly lastEventId: () => string;
  readonly ended: Promise<void>;
  close(): void;
}

/** Resolves once the headers are there. @throws Error with the answer where it is no stream. */
export async function openEventStream(
  url: string,
  lastEventId = '',
  more: Readonly<Record<string, string>> = {},
): Promise<EventStream> {
  const headers = { accept: 'text/event-stream', 'last-event-id': lastEventId, ...more };
  const sent = request(url, { headers, agent: false });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  sent.on('error', () => undefined);
  if (response.statusCode !== 200) {
    const text = (await response.toArray()).join('');
    throw new Error(`${response.statusCode ?? 0} ${text}`);
  }
  const events: StreamedEvent[] = [];
  const ended = new Promise<void>((resolve) => response.once('close', resolve));
  response.on('error', () => undefined);
  let last = '';
  let fields = new Map<string, string>();
  // WHATWG HTML, 9.2.6: a line is a field, an empty line dispatches, and without data nothing.
  createInterface({ input: response }).on('line', (line) => {
    if (line !== '') {
      const colon = line.indexOf(': ');
      if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 2));
      return;
    }
    last = fields.get('id') ?? last;
    const data = fields.get('data');
    if (data !== undefined) {
      const event = fields.get('event') ?? 'message';
      events.push({ id: Number(last), event, data: JSON.parse(data) as StreamedEvent['data'] });
    }
    fields = new Map();
  });
  return { response, events, ended, lastEventId: () => last, close: () => response.destroy() };
}
