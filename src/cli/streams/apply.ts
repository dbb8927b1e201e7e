import type { JetStreamManager } from '@nats-io/jetstream';
import { PEER_EXPECT } from '../../event-store/jetstream/config-drift.ts';
import type { PlanItem } from './plan.ts';

/** Does what the plan says: makes what is missing, changes what is safe to change. */
export async function applyPlan(
  jsm: JetStreamManager,
  plan: readonly PlanItem[],
  done: (item: PlanItem) => void,
): Promise<void> {
  for (const item of plan) {
    if (item.action === 'create') await create(jsm, item);
    if (item.action === 'update') await update(jsm, item);
    done(item);
  }
}

async function create(jsm: JetStreamManager, { kind, stream, desired }: PlanItem): Promise<void> {
  // The client fills defaults into what it is given.
  if (kind === 'stream') await jsm.streams.add({ name: stream, ...desired });
  else await jsm.consumers.add(stream, { ...desired });
}

async function update(jsm: JetStreamManager, item: PlanItem): Promise<void> {
  const { kind, stream, name } = item;
  const settings = Object.fromEntries(
    item.changes
      .filter(({ verdict }) => verdict.kind === 'safe')
      .map(({ setting, desired }) => [
        setting,
        setting === 'metadata' ? mergedMetadata(item) : desired,
      ]),
  );
  if (kind === 'stream') await jsm.streams.update(name, settings);
  else await jsm.consumers.update(stream, name, settings);
}

/** Metadata that others have put there stays; the server's own, `_nats.`, is never sent back. */
function mergedMetadata({ desired, actual }: PlanItem): Record<string, string> {
  const others = Object.entries(metadataOf(actual)).filter(
    ([key]) => key !== PEER_EXPECT && !key.startsWith('_nats.'),
  );
  return { ...Object.fromEntries(others), ...metadataOf(desired) };
}

const metadataOf = (config: { metadata?: Record<string, string> } = {}) => config.metadata ?? {};
