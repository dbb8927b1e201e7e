import type { Health } from '../platform/health.ts';
import { mongoReason } from '../platform/mongo.ts';
import type { Group } from '../projections/build.ts';
import type { ProjectionHost } from '../projections/host.ts';
import type { ProjectorObserver } from '../projections/projector-observer.ts';

/** Whether the projectors of the build that is served work, for /readyz. */
export interface ProjectorHealth {
  /** Listens in on what a group's projector tells the other observer. */
  readonly observe: (group: Group, observed: ProjectorObserver) => ProjectorObserver;
  readonly check: (served: readonly Group[], host: HostState | undefined) => Health;
}

/** How the host of the projectors stands; undefined before NATS and MongoDB are there. */
export type HostState = Pick<ProjectionHost, 'paused' | 'failure'>;

export function projectorHealth(): ProjectorHealth {
  const groups = new Map<string, Health>();
  return {
    observe({ id }, observed) {
      return {
        ...observed,
        started(checkpoint) {
          const { sequence } = checkpoint;
          groups.set(id, { ok: true, detail: `${id} at stream sequence ${sequence}` });
          observed.started(checkpoint);
        },
        wrote(batch) {
          const { sequence } = batch.checkpoint;
          groups.set(id, { ok: true, detail: `${id} at stream sequence ${sequence}` });
          observed.wrote(batch);
        },
        failed(error, waitMs) {
          const detail = mongoReason(error);
          groups.set(id, { ok: false, detail: `${id}: ${detail}` });
          observed.failed(error, waitMs);
        },
      };
    },

    check(served, host) {
      if (served.length === 0) return { ok: false, detail: host?.failure() ?? 'not started yet' };
      if (host?.paused() === true) {
        return { ok: true, detail: 'paused by an operator: queries show what there was' };
      }
      const found = served.map(({ id }) => groups.get(id) ?? notStarted(id));
      const broken = found.filter(({ ok }) => !ok);
      const told = broken.length > 0 ? broken : found;
      return { ok: broken.length === 0, detail: told.map(({ detail }) => detail).join('; ') };
    },
  };
}

const notStarted = (id: string): Health => ({ ok: false, detail: `${id}: not started yet` });
