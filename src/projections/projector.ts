import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { Db } from 'mongodb';
import type { NatsConnection } from 'nats';
import type { EventReader } from '../event-store/event-store.ts';
import { groupsOf } from './build.ts';
import type { Build, Group } from './build.ts';
import { checkpointStore } from './checkpoint.ts';
import type { CheckpointStore } from './checkpoint.ts';
import { runGroupProjector } from './group-projector.ts';
import { projectionPosition } from './position.ts';
import type { ProjectionPosition } from './position.ts';
import { shareProgress } from './progress-news.ts';
import type { ProjectedDocument, Projection } from './projection.ts';
import type { ProjectorObserver } from './projector-observer.ts';
import { readModelStore } from './read-model-store.ts';

/** What projectors work with, whatever build they work on. */
export interface ProjectorOptions<D extends ProjectedDocument> {
  readonly projection: Projection<D>;
  readonly db: Db;
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly events: EventReader;
  /** Whether missing consumers are made. */
  readonly provision: boolean;
  readonly observer: (group: Group) => ProjectorObserver;
}

/** A build in this process: how far each of its groups has come, whoever projects it. */
export interface Projector {
  readonly build: Build;
  readonly groups: readonly ProjectedGroup[];
  /** Stops projecting; resolves when the last batch is written. What was read stays readable. */
  pause(): Promise<void>;
  resume(): void;
  /** As {@link pause}, and hears no news any more. */
  stop(): Promise<void>;
}

export interface ProjectedGroup {
  readonly group: Group;
  readonly position: ProjectionPosition;
  readonly checkpoints: CheckpointStore;
}

/** Follows a build and projects it wherever this process holds the pin; begins paused. */
export function createProjector<D extends ProjectedDocument>(
  options: ProjectorOptions<D>,
  build: Build,
): Projector {
  const { db, nc } = options;
  const groups = groupsOf(build).map((group): ProjectedGroup => {
    return { group, position: projectionPosition(), checkpoints: checkpointStore(db, group.id) };
  });
  const store = readModelStore(db, options.projection, build);
  const ends = groups.map(({ group, position }) => shareProgress(nc, group, position));
  let running: { readonly abort: AbortController; readonly ended: Promise<unknown> } | undefined;

  async function pause(): Promise<void> {
    const stopping = running;
    running = undefined;
    stopping?.abort.abort();
    await stopping?.ended;
  }

  return {
    build,
    groups,
    pause,
    resume() {
      if (running !== undefined) return;
      const abort = new AbortController();
      const { signal } = abort;
      const workers = groups.map((own) =>
        runGroupProjector({
          ...options,
          ...own,
          store,
          observer: options.observer(own.group),
          signal,
        }),
      );
      running = { abort, ended: Promise.all(workers) };
    },
    async stop() {
      for (const { position } of groups) position.abandon();
      await pause();
      for (const end of ends) end();
    },
  };
}
