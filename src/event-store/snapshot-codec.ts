import { hash } from 'node:crypto';
import type { Hold } from '../account/account.ts';
import type { Standing } from '../account/events.ts';
import type { AccountRecord, RememberedCommand } from '../account/record.ts';
import { HEADER_LENGTH, UndecodablePayloadError } from './avro/single-object.ts';
import { codec, schemas } from './codec.ts';

const SNAPSHOT = 'AccountSnapshot';
const CHECKSUM_LENGTH = 8;
const BODY_START = HEADER_LENGTH + CHECKSUM_LENGTH;
const NO_CHECKSUM = Buffer.alloc(CHECKSUM_LENGTH);

/** The snapshot is whole, but of another schema version. */
export class OutdatedSnapshotError extends UndecodablePayloadError {}

interface SnapshotRecord extends Standing {
  readonly accountId: string;
  readonly version: number;
  readonly sequence: bigint;
  readonly ownerName: string;
  readonly currency: string;
  readonly holds: readonly Hold[];
  readonly commands: readonly (Omit<RememberedCommand, 'sequence'> & { sequence: bigint })[];
}

/** The account's state as a self-describing, checksummed payload. */
export function encodeSnapshot({ account, sequence, commands }: AccountRecord): Buffer {
  const payload = codec.encode(SNAPSHOT, {
    ...account,
    checksum: NO_CHECKSUM,
    sequence: BigInt(sequence),
    commands: commands.map((command) => ({ ...command, sequence: BigInt(command.sequence) })),
  });
  // A fixed field that comes first has a fixed place, so the checksum is written in afterwards.
  checksumOf(payload).copy(payload, HEADER_LENGTH);
  return payload;
}

/**
 * The state of a snapshot payload.
 * @throws UndecodablePayloadError when it is torn, altered, or of another schema version.
 */
export function decodeSnapshot(payload: Uint8Array): AccountRecord {
  const { writer, record } = codec.decode(payload);
  if (writer !== schemas.newest(SNAPSHOT)) {
    const found = `written as ${writer.name}.v${writer.version}`;
    if (writer.name !== SNAPSHOT) throw new UndecodablePayloadError(found);
    throw new OutdatedSnapshotError(found);
  }
  const bytes = Buffer.from(payload);
  if (!bytes.subarray(HEADER_LENGTH, BODY_START).equals(checksumOf(bytes))) {
    throw new UndecodablePayloadError('the checksum does not match');
  }
  // The schema has checked every field.
  const snapshot = record as SnapshotRecord;
  const { accountId, version, ownerName, currency, sequence, holds, commands } = snapshot;
  const { balance, held, overdraftLimit, status } = snapshot;
  const standing = { balance, held, overdraftLimit, status };
  return {
    account: { accountId, ownerName, currency, ...standing, version, holds },
    sequence: Number(sequence),
    commands: commands.map((command) => ({ ...command, sequence: Number(command.sequence) })),
  };
}

function checksumOf(payload: Buffer): Buffer {
  return hash('sha256', payload.subarray(BODY_START), 'buffer').subarray(0, CHECKSUM_LENGTH);
}
