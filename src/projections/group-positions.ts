import type { Db } from 'mongodb';
import { groupsOf } from './build.ts';
import type { Build, Group } from './build.ts';
import { checkpointStore } from './checkpoint.ts';

/** How far each group of a build has come: an account belongs to the one that has its shard. */
export interface GroupPositions {
  /** Stream sequence up to which every event of the account is in the read models, or parked. */
  of(accountId: string): number;
  /** That of the group which is furthest. */
  readonly furthest: number;
}

/** The stream sequence of each group's checkpoint; a group without one has nothing. */
export function readGroupSequences(
  db: Db,
  build: Build,
): Promise<readonly { readonly group: Group; readonly sequence: number }[]> {
  return Promise.all(
    groupsOf(build).map(async (group) => {
      const checkpoint = await checkpointStore(db, group.id).read();
      return { group, sequence: checkpoint?.sequence ?? 0 };
    }),
  );
}

export async function readGroupPositions(db: Db, build: Build): Promise<GroupPositions> {
  const groups = await readGroupSequences(db, build);
  return {
    of: (accountId) => groups.find(({ group }) => group.has(accountId))?.sequence ?? 0,
    furthest: Math.max(...groups.map(({ sequence }) => sequence)),
  };
}
