import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from 'nats';
import { jetStreamReader } from '../../../src/event-store/jetstream/jetstream-event-store.ts';
import { createMongoClient, databaseOf } from '../../../src/platform/mongo.ts';
import { accountProjection } from '../../../src/projections/account-projection.ts';
import { groupsOf } from '../../../src/projections/build.ts';
import type { Build, Group } from '../../../src/projections/build.ts';
import { checkpointStore } from '../../../src/projections/checkpoint.ts';
import { runGroupProjector } from '../../../src/projections/group-projector.ts';
import { projectionPosition } from '../../../src/projections/position.ts';
import { readModelStore } from '../../../src/projections/read-model-store.ts';
import type { Bank } from '../../support/bank.ts';

/** The first build, as a service makes it. */
export const BUILD: Build = {
  projection: accountProjection.name,
  number: 1,
  shape: accountProjection.version,
  groups: 1,
};
export const [GROUP] = groupsOf(BUILD) as [Group];

/** A projector in this process, with connections of its own. */
export interface Worker {
  /** Events that it wrote, repeats among them. */
  readonly wrote: () => number;
  /** Events that it last knew of and had not written. */
  readonly pending: () => number | undefined;
  /** Errors that it began again after. */
  readonly failures: readonly unknown[];
  stop(): Promise<void>;
}

/** Works on the first build, whoever else does; `consumer` names what it gets its events from. */
export async function startWorker({ nats, env }: Bank, consumer = GROUP.id): Promise<Worker> {
  const nc = await connect({ servers: nats.url });
  const mongo = createMongoClient(env['MONGO_URI'] ?? '', 'worker');
  const db = databaseOf(mongo);
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  const abort = new AbortController();
  const failures: unknown[] = [];
  let wrote = 0;
  let pending: number | undefined;
  const nothing = () => undefined;
  const ended = runGroupProjector({
    projection: accountProjection,
    group: { ...GROUP, id: consumer },
    store: readModelStore(db, accountProjection, BUILD),
    checkpoints: checkpointStore(db, GROUP.id),
    events: jetStreamReader(jsm),
    position: projectionPosition(),
    observer: {
      started: nothing,
      healing: nothing,
      pending: (events) => (pending = events),
      parked: (accounts) => failures.push(...accounts),
      wrote: ({ events }) => (wrote += events),
      failed: (error) => failures.push(error),
    },
    nc,
    js: jetstream(nc),
    jsm,
    provision: false,
    signal: abort.signal,
  });
  return {
    wrote: () => wrote,
    pending: () => pending,
    failures,
    async stop() {
      abort.abort();
      await ended;
      await Promise.all([nc.close(), mongo.close()]);
    },
  };
}
