import { startFramingProxy } from './framing-proxy.ts';
import type { Direction, FramingProxy } from './framing-proxy.ts';

/** A collection that a projector is about to write to. */
export type WrittenCollection = 'transactions_v1' | 'accounts_v1' | 'checkpoints';

/** A proxy before a mongod that knows its wire protocol. */
export interface MongoProxy extends FramingProxy<WrittenCollection> {
  /** For a database; the client is not told to look for other members. */
  uriOf(database: string): string;
}

/** Proxies the mongod that a connection string names. */
export async function startMongoProxy(uri: string): Promise<MongoProxy> {
  const { hostname, port } = new URL(uri);
  const target = { host: hostname, port: Number(port) };
  const proxy = await startFramingProxy(target, { reader: messageReader, kindOf });
  return {
    ...proxy,
    uriOf: (database) => `mongodb://${proxy.host}:${proxy.port}/${database}?directConnection=true`,
  };
}

/** Each message begins with its length, a little-endian 32-bit integer. */
export function messageReader(): (chunk: Buffer) => Buffer[] {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const messages: Buffer[] = [];
    while (rest.length >= LENGTH_BYTES && rest.length >= rest.readInt32LE()) {
      const length = rest.readInt32LE();
      messages.push(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
    return messages;
  };
}

const LENGTH_BYTES = 4;
const OP_MSG = 2013;
const OP_CODE_AT = 12;
/** Behind the header, the flags, the section's kind and the length of the command's document. */
const COMMAND_AT = 25;
const LONGEST_COMMAND = 100;
const WRITTEN: ReadonlySet<string> = new Set(['transactions_v1', 'accounts_v1', 'checkpoints']);

/** The command's first element names it and its collection: `\x02update\0<length>accounts_v1\0`. */
function kindOf(message: Buffer, direction: Direction): WrittenCollection | undefined {
  if (direction === 'to client' || message.readInt32LE(OP_CODE_AT) !== OP_MSG) return undefined;
  const command = message.toString('latin1', COMMAND_AT, COMMAND_AT + LONGEST_COMMAND);
  const collection = /^\x02(?:insert|update)\x00[^]{4}([^\x00]+)\x00/.exec(command)?.[1];
  const known = collection !== undefined && WRITTEN.has(collection);
  return known ? (collection as WrittenCollection) : undefined;
}
