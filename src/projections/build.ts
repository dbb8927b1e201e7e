import type { EnvironmentReader } from '../platform/environment.ts';
import { ALL_ACCOUNTS, SHARDS, shardOf, shardSubject } from '../event-store/subjects.ts';

/**
 * One copy of a projection's data. A rebuild makes the next one beside it; which one is answered
 * from says the control document. Collections, consumers and checkpoints carry its number.
 */
export interface Build {
  /** Name of the projection. */
  readonly projection: string;
  /** 1, 2, 3 ... */
  readonly number: number;
  /** The projection's version that wrote it: what its documents look like. */
  readonly shape: number;
  /** Over how many groups of shards, and so workers, it is spread: 1 to {@link SHARDS}. */
  readonly groups: number;
  /** Parts of it may be gone: nobody makes it the live one or takes it up. */
  readonly removing?: true;
}

/** PROJECTION_GROUPS: over how many groups the first build of a projection is spread. */
export const readProjectionGroups = (env: EnvironmentReader): number =>
  env.integer('PROJECTION_GROUPS', 1, { min: 1, max: SHARDS });

/** The shards of the log that one worker projects. */
export interface Group {
  /** Name of its durable consumer and of its checkpoint: `accounts-v1`, or `accounts-v1-0of4`. */
  readonly id: string;
  readonly build: Build;
  readonly shards: readonly number[];
  /** What its consumer filters by. */
  readonly subjects: readonly string[];
  readonly has: (accountId: string) => boolean;
}

export const buildId = ({ projection, number }: Pick<Build, 'projection' | 'number'>): string =>
  `${projection}-v${number}`;

export const collectionName = (base: string, { number }: Pick<Build, 'number'>): string =>
  `${base}_v${number}`;

export function groupsOf(build: Build): Group[] {
  const { groups } = build;
  if (groups === 1) return [wholeOf(build)];
  return Array.from({ length: groups }, (_, index) => {
    const shards = SHARD_NUMBERS.filter((shard) => shard % groups === index);
    return groupOf(
      build,
      `${buildId(build)}-${index}of${groups}`,
      shards,
      shards.map(shardSubject),
    );
  });
}

/** All of the build's shards at once, for who reads the log for every group. */
export const wholeOf = (build: Build): Group =>
  groupOf(build, buildId(build), SHARD_NUMBERS, [ALL_ACCOUNTS]);

const SHARD_NUMBERS: readonly number[] = Array.from({ length: SHARDS }, (_, shard) => shard);

function groupOf(
  build: Build,
  id: string,
  shards: readonly number[],
  subjects: readonly string[],
): Group {
  const own = new Set(shards);
  const all = own.size === SHARDS;
  return { id, build, shards, subjects, has: (accountId) => all || own.has(shardOf(accountId)) };
}
