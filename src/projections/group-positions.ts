import type { Db } from 'mongodb';
import { groupsOf } from './build.ts';
import type { Build } from './build.ts';
import { checkpointStore } from './checkpoint.ts';

/** How far each group of a build has come: an account belongs to the one that has its shard. */
export interface GroupPositions {
  /** Stream sequence up to which every event of the account is in the read models, or parked. */
  of(accountId: string): number;
  /** That of the group which is furthest. */
  readonly furthest: number;
}

/** A group without a checkpoint has nothing. */
export async function readGroupPositions(db: Db, build: Build): Promise<GroupPositions> {
  const groups = await Promise.all(
    groupsOf(build).map(async ({ id, has }) => {
      const checkpoint = await checkpointStore(db, id).read();
      return { has, sequence: checkpoint?.sequence ?? 0 };
    }),
  );
  return {
    of: (accountId) => groups.find(({ has }) => has(accountId))?.sequence ?? 0,
    furthest: Math.max(...groups.map(({ sequence }) => sequence)),
  };
}
