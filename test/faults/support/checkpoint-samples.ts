import type { Db } from 'mongodb';
import { expect } from 'vitest';
import { changeOf } from '../../support/account-events.ts';
import type { Ledger } from '../../support/ledger.ts';
import { checkpointOf } from '../../support/read-models.ts';

/** The checkpoint as it was found, and what was found applied right after. */
interface Sample {
  readonly checkpoint: bigint;
  readonly versions: ReadonlyMap<string, number>;
  /** Lines up to the checkpoint. */
  readonly lines: number;
}

/** Watches a checkpoint while workers move it. */
export interface CheckpointSamples {
  readonly count: () => number;
  /** Ends it, and holds all that was seen against the log: no checkpoint ever went back or ahead. */
  expectNeverAhead(ledger: Ledger): Promise<void>;
}

export function sampleCheckpoint(db: Db): CheckpointSamples {
  const samples: Sample[] = [];
  let sampling = true;

  async function run(): Promise<void> {
    while (sampling) {
      const checkpoint = (await checkpointOf(db)) ?? 0n;
      const [documents, lines] = await Promise.all([
        db
          .collection('accounts_v1')
          .find({}, { projection: { version: 1 } })
          .toArray(),
        db.collection('transactions_v1').countDocuments({ sequence: { $lte: checkpoint } }),
      ]);
      const versions = new Map(documents.map((one) => [String(one._id), Number(one['version'])]));
      samples.push({ checkpoint, versions, lines });
    }
  }

  const running = run();
  running.catch(() => undefined);
  return {
    count: () => samples.length,
    async expectNeverAhead({ events }) {
      sampling = false;
      await running;
      // Both go forwards: what an earlier sample has folded need not be folded again.
      const versions = new Map<string, number>();
      let lines = 0;
      let next = 0;
      let before = 0n;
      for (const sample of samples) {
        expect(sample.checkpoint, 'the checkpoint went back').toBeGreaterThanOrEqual(before);
        before = sample.checkpoint;
        for (; next < events.length && events[next]!.sequence <= before; next += 1) {
          const { event } = events[next]!;
          versions.set(event.accountId, event.version);
          if (changeOf(event) !== 0n) lines += 1;
        }
        const missing = [...versions].filter(
          ([accountId, version]) => (sample.versions.get(accountId) ?? 0) < version,
        );
        expect(missing, `documents behind the checkpoint ${before}`).toEqual([]);
        expect(sample.lines, `lines up to the checkpoint ${before}`).toBe(lines);
      }
    },
  };
}
