import { STREAM } from '../../src/event-store/jetstream/names.ts';
import { startFramingProxy } from './framing-proxy.ts';
import type { Direction, FramingProxy } from './framing-proxy.ts';
import { frameReader, storedSequence, subjectIn } from './nats-frames.ts';

/**
 * `append`: a service publishes an event. `ack`: the server says that it has stored an append.
 * `applied`: a projector acknowledges what a consumer delivered to it.
 */
export type FrameKind = 'append' | 'ack' | 'applied';

/** A proxy between services and nats-server that knows the client protocol. */
export interface NatsProxy extends FramingProxy<FrameKind> {
  readonly url: string;
}

export async function startNatsProxy(target: {
  readonly host: string;
  readonly port: number;
}): Promise<NatsProxy> {
  const proxy = await startFramingProxy(target, { reader: frameReader, kindOf });
  return { ...proxy, url: `nats://${proxy.host}:${proxy.port}` };
}

function kindOf(frame: Buffer, direction: Direction): FrameKind | undefined {
  if (direction === 'to client') {
    return storedSequence(frame, STREAM) === undefined ? undefined : 'ack';
  }
  if (subjectIn(frame).startsWith('bank.account.')) return 'append';
  return isAcknowledgement(frame) ? 'applied' : undefined;
}

/** Whether a frame to the server is what a consumer's client says of a delivery. */
export const isAcknowledgement = (frame: Buffer): boolean =>
  subjectIn(frame).startsWith('$JS.ACK.');
