import type { JetStreamManager, StreamConfig } from '@nats-io/jetstream';
import { STREAM } from './names.ts';

/**
 * A stream that a backup is sent into has this key, with the backup's identity. nats-server 2.15 keeps
 * what came of a transfer that broke off, and would let anybody write behind it.
 */
const MARK = 'jetbank.restoring';

/** Nobody publishes there, so the stream takes nothing but the backup. */
const NOWHERE = 'bank.restoring';

type Marked = Pick<StreamConfig, 'metadata'>;

/** The configuration under which a backup is sent: what stands under it is never taken for the log. */
export const whileRestoring = (config: StreamConfig, backup: string): StreamConfig => ({
  ...config,
  subjects: [NOWHERE],
  metadata: { ...ownMetadata(config), [MARK]: backup },
});

/** The backup that is sent into the stream, or was when that broke off; undefined for a log. */
export const backupSentInto = ({ metadata }: Partial<Marked>): string | undefined =>
  metadata?.[MARK];

/** Makes the stream the log: all of the backup is there. */
export async function endRestoring(jsm: JetStreamManager, config: StreamConfig): Promise<void> {
  const { name, subjects } = config;
  await jsm.streams.update(name, { subjects, metadata: ownMetadata(config) });
}

/** The server's own keys, `_nats.`, are never sent back. */
const ownMetadata = ({ metadata = {} }: Partial<Marked>): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata).filter(([key]) => !key.startsWith('_nats.')));

/** What is told of such a stream, and what to do. */
export const RESTORING = {
  reason: `it is not the log yet: a restore of ${STREAM} is under way, or broke off`,
  remedy: 'call "jetbank restore" again with the same backup: it goes on, or says what to do',
};

/** @throws Error when a backup is being sent into the stream, or was when that broke off. */
export function expectLog(name: string, config: Partial<Marked>): void {
  if (backupSentInto(config) === undefined) return;
  throw new Error(`the stream ${name} cannot be used, ${RESTORING.reason}: ${RESTORING.remedy}`);
}
