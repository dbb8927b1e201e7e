import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { STREAM } from '../../src/event-store/jetstream/names.ts';
import { frameReader, storedSequence, subjectIn } from './nats-frames.ts';

/** `append`: a service publishes an event. `ack`: the server says that it has stored an append. */
export type FrameKind = 'append' | 'ack';

/** A frame that was stopped on its way; what follows it on that connection waits behind it. */
export interface HeldFrame {
  readonly frame: Buffer;
  /** Lets it and what waits behind it go on. */
  pass(): void;
  /** Breaks its connection: neither it nor what waits behind it ever arrives. */
  cut(): void;
}

/** A proxy between services and nats-server that knows the client protocol. */
export interface NatsProxy {
  readonly url: string;
  /** Resolves when the next frame of the kind has come, and holds it. */
  holdNext(kind: FrameKind): Promise<HeldFrame>;
  stop(): Promise<void>;
}

/** One direction of one connection. */
interface Lane {
  readonly kind: FrameKind;
  readonly from: Socket;
  readonly to: Socket;
  readonly cut: () => void;
}

export async function startNatsProxy(target: {
  readonly host: string;
  readonly port: number;
}): Promise<NatsProxy> {
  const sockets = new Set<Socket>();
  const wanted = new Map<FrameKind, (held: HeldFrame) => void>();

  function relay({ kind, from, to, cut }: Lane): void {
    const framesOf = frameReader();
    let held: Buffer[] | undefined;

    function hold(frame: Buffer, tell: (held: HeldFrame) => void): void {
      wanted.delete(kind);
      held = [frame];
      const pass = () => {
        to.write(Buffer.concat(held ?? []));
        held = undefined;
      };
      tell({ frame, pass, cut });
    }

    from.on('data', (chunk: Buffer) => {
      const passed: Buffer[] = [];
      for (const frame of framesOf(chunk)) {
        const tell = wanted.get(kind);
        if (held !== undefined) held.push(frame);
        else if (tell !== undefined && IS[kind](frame)) hold(frame, tell);
        else passed.push(frame);
      }
      if (passed.length > 0) to.write(Buffer.concat(passed));
    });
  }

  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ ...target, noDelay: true });
    const cut = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', cut);
      socket.on('close', () => {
        sockets.delete(socket);
        cut();
      });
    }
    relay({ kind: 'append', from: client, to: upstream, cut });
    relay({ kind: 'ack', from: upstream, to: client, cut });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `nats://127.0.0.1:${port}`,
    holdNext: (kind) => new Promise((resolve) => wanted.set(kind, resolve)),
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

const IS: Readonly<Record<FrameKind, (frame: Buffer) => boolean>> = {
  append: (frame) => subjectIn(frame).startsWith('bank.account.'),
  ack: (frame) => storedSequence(frame, STREAM) !== undefined,
};
