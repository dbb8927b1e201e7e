import type { ConsumerInfo, JetStreamManager } from '@nats-io/jetstream';
import type { Db } from 'mongodb';
import { groupsOf } from './build.ts';
import type { Build, Group } from './build.ts';
import { checkpointStore } from './checkpoint.ts';
import { controlStore } from './control.ts';
import { findGroupConsumer } from './durable-consumer.ts';
import { parkedCollection, parkedStore } from './parked.ts';
import type { ParkedRecord } from './parked.ts';

/** How a projection stands, as MongoDB and NATS know it: the same in every process. */
export interface ProjectionStatus {
  readonly name: string;
  readonly paused: boolean;
  readonly builds: readonly BuildStatus[];
}

export interface BuildStatus extends Build {
  /** `live` is answered from, `previous` kept for a roll-back, `building` not finished. */
  readonly state: 'live' | 'previous' | 'building';
  readonly groupStatus: readonly GroupStatus[];
  readonly parkedCount: number;
  /** The first ones by stream sequence. */
  readonly parked: readonly ParkedRecord[];
}

export interface GroupStatus {
  readonly id: string;
  /** Stream sequence up to which every event of the group is in the read models. */
  readonly sequence: number;
  /** Events of the group that are not; undefined where the group has no consumer. */
  readonly lagEvents: number | undefined;
  /** Age of the last event applied while there are newer ones, else 0; in seconds. */
  readonly lagSeconds: number;
}

const LISTED_PARKED = 100;

/** Undefined before the projection was started for the first time. */
export async function projectionStatus(
  db: Db,
  jsm: JetStreamManager,
  projection: string,
  now: number,
): Promise<ProjectionStatus | undefined> {
  const control = await controlStore(db, projection).read();
  if (control === undefined) return undefined;
  const { live, previous, paused } = control;

  async function groupStatus(group: Group): Promise<GroupStatus> {
    const [checkpoint, consumer] = await Promise.all([
      checkpointStore(db, group.id).read(),
      findGroupConsumer(jsm, group),
    ]);
    const { sequence, at } = checkpoint ?? { sequence: 0, at: undefined };
    const lagEvents = consumer && unapplied(consumer, sequence);
    const behind = lagEvents !== undefined && lagEvents > 0 && at !== undefined;
    const lagSeconds = behind ? Math.max(0, now - at.getTime()) / 1000 : 0;
    return { id: group.id, sequence, lagEvents, lagSeconds };
  }

  async function buildStatus(build: Build): Promise<BuildStatus> {
    const parked = parkedStore(parkedCollection(db, projection, build));
    const { number } = build;
    const state = number === live ? 'live' : number === previous ? 'previous' : 'building';
    return {
      ...build,
      state,
      groupStatus: await Promise.all(groupsOf(build).map(groupStatus)),
      parkedCount: await parked.count(),
      parked: await parked.list(LISTED_PARKED),
    };
  }

  const builds = await Promise.all(control.builds.map(buildStatus));
  return { name: projection, paused, builds };
}

/** What was not delivered yet, and what was delivered and is not in MongoDB. */
function unapplied(
  { num_pending: undelivered, delivered, num_ack_pending: unacknowledged }: ConsumerInfo,
  sequence: number,
): number {
  return undelivered + (delivered.stream_seq > sequence ? unacknowledged : 0);
}
