import type { Socket } from 'node:net';
import { startTcpProxy } from './tcp-proxy.ts';
import type { TcpProxy } from './tcp-proxy.ts';

/** A frame that was stopped on its way; what follows it on that connection waits behind it. */
export interface HeldFrame {
  readonly frame: Buffer;
  /** Lets it and what waits behind it go on. */
  pass(): void;
  /** Breaks its connection: neither it nor what waits behind it ever arrives. */
  cut(): void;
}

export type Direction = 'to server' | 'to client';

/** What becomes of frames that have come; those it leaves out are lost, unless it gives them later. */
export type Disturbance = (frames: readonly Buffer[]) => readonly Buffer[];

/** A TCP proxy that knows where one frame of a protocol ends and the next begins. */
export interface FramingProxy<Kind extends string> extends TcpProxy {
  /** Resolves when the next frame of the kind has come, and holds it. */
  holdNext(kind: Kind): Promise<HeldFrame>;
  /** From now on all frames of a direction go through `disturbance`. */
  disturb(direction: Direction, disturbance: Disturbance): void;
}

export interface FramedProtocol<Kind extends string> {
  /** Cuts the chunks of one direction of one connection into whole frames. */
  readonly reader: () => (chunk: Buffer) => Buffer[];
  /** Undefined for a frame that nobody ever waits for. */
  readonly kindOf: (frame: Buffer, direction: Direction) => Kind | undefined;
}

/** One direction of one connection. */
interface Lane {
  readonly direction: Direction;
  readonly from: Socket;
  readonly to: Socket;
  readonly cut: () => void;
}

export async function startFramingProxy<Kind extends string>(
  target: { readonly host: string; readonly port: number },
  { reader, kindOf }: FramedProtocol<Kind>,
): Promise<FramingProxy<Kind>> {
  const wanted = new Map<Kind, (held: HeldFrame) => void>();
  const disturbances = new Map<Direction, Disturbance>();

  function relay({ direction, from, to, cut }: Lane): void {
    const framesOf = reader();
    let held: Buffer[] | undefined;

    function holds(frame: Buffer): boolean {
      const kind = wanted.size === 0 ? undefined : kindOf(frame, direction);
      const tell = kind && wanted.get(kind);
      if (kind === undefined || tell === undefined) return false;
      wanted.delete(kind);
      held = [frame];
      const pass = () => {
        to.write(Buffer.concat(held ?? []));
        held = undefined;
      };
      tell({ frame, pass, cut });
      return true;
    }

    from.on('data', (chunk: Buffer) => {
      const passed: Buffer[] = [];
      const whole = framesOf(chunk);
      for (const frame of disturbances.get(direction)?.(whole) ?? whole) {
        if (held !== undefined) held.push(frame);
        else if (!holds(frame)) passed.push(frame);
      }
      if (passed.length > 0) to.write(Buffer.concat(passed));
    });
  }

  const proxy = await startTcpProxy(target, ({ client, upstream, cut }) => {
    relay({ direction: 'to server', from: client, to: upstream, cut });
    relay({ direction: 'to client', from: upstream, to: client, cut });
  });
  return {
    ...proxy,
    holdNext: (kind) => new Promise((resolve) => wanted.set(kind, resolve)),
    disturb: (direction, disturbance) => void disturbances.set(direction, disturbance),
  };
}
