/** A message as an archive of a stream has it. */
export interface ArchivedMessage {
  /** Where it begins: in its block, or among the bytes of an archive of messages. */
  readonly at: number;
  readonly sequence: number;
  /** Nanoseconds since 1970 UTC. */
  readonly time: bigint;
  readonly subject: string;
  /** As on the wire; empty where there are none. */
  readonly headers: string;
  readonly payload: Buffer;
}
