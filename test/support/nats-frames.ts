/** These carry a payload, whose size in bytes is the last word of their control line. */
const WITH_PAYLOAD = /^H?(MSG|PUB) /i;
const LINE_END = '\r\n';

/**
 * Cuts a byte stream of the NATS client protocol, either direction, into frames: each is a control
 * line with the payload that belongs to it. What is not whole yet waits for the next chunk.
 */
export function frameReader(): (chunk: Buffer) => Buffer[] {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const frames: Buffer[] = [];
    for (let end = frameEnd(rest); end !== undefined; end = frameEnd(rest)) {
      frames.push(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
    return frames;
  };
}

/** Index behind the first frame; undefined while it is not whole. */
function frameEnd(bytes: Buffer): number | undefined {
  const lineEnd = bytes.indexOf(LINE_END);
  if (lineEnd < 0) return undefined;
  const line = bytes.toString('latin1', 0, lineEnd);
  const afterLine = lineEnd + LINE_END.length;
  if (!WITH_PAYLOAD.test(line)) return afterLine;
  const end = afterLine + Number(line.slice(line.lastIndexOf(' ') + 1)) + LINE_END.length;
  return end <= bytes.length ? end : undefined;
}

/** The control line's subject; empty for frames that have none. */
export function subjectIn(frame: Buffer): string {
  const line = frame.toString('latin1', 0, frame.indexOf(LINE_END));
  return WITH_PAYLOAD.test(line) ? (line.split(' ')[1] ?? '') : '';
}

/**
 * Stream sequence of a publish acknowledgement by which the stream says that it has stored something;
 * undefined for any other frame, a refusal and the acknowledgement of a repeat among them.
 */
export function storedSequence(frame: Buffer, stream: string): number | undefined {
  if (!frame.includes(`"stream":"${stream}"`)) return undefined;
  const payload = frame.toString('utf8', frame.indexOf(LINE_END)).trim();
  if (!payload.startsWith('{')) return undefined;
  const ack = JSON.parse(payload) as { seq?: number; duplicate?: boolean; error?: object };
  return ack.error === undefined && ack.duplicate !== true ? ack.seq : undefined;
}

/** A message header of a frame; undefined where it has no such header. */
export function headerIn(frame: Buffer, name: string): string | undefined {
  const text = frame.toString('latin1');
  return new RegExp(`${LINE_END}${name}: *([^\\r]*)`).exec(text)?.[1];
}

/** A message that a consumer delivers; undefined for any other frame. */
export interface DeliveryFrame {
  /** 1 for the first time. */
  readonly deliveryCount: number;
  /** Counts the consumer's deliveries. */
  readonly deliverySequence: number;
}

/** Reads `$JS.ACK.<stream>.<consumer>.<count>.<stream sequence>.<delivery sequence>...` off the reply. */
export function deliveryIn(frame: Buffer): DeliveryFrame | undefined {
  const line = frame.toString('latin1', 0, frame.indexOf(LINE_END));
  const reply = /^H?MSG .* (\$JS\.ACK\.\S+) /i.exec(line)?.[1]?.split('.');
  if (reply === undefined) return undefined;
  // Newer servers put a domain and an account hash before the stream.
  const [count, , sequence] = reply.slice(reply.length > 9 ? 6 : 4).map(Number);
  return { deliveryCount: count ?? 0, deliverySequence: sequence ?? 0 };
}
