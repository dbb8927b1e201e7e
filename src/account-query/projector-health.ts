import type { Health } from '../platform/health.ts';
import { messageOf } from '../platform/message-of.ts';
import type { ProjectorObserver } from '../projections/projector-observer.ts';

/** Whether the projector works, for /readyz. */
export interface ProjectorHealth {
  readonly observer: ProjectorObserver;
  readonly check: () => Health;
}

/** Listens in on what the projector tells the other observer. */
export function projectorHealth(observed: ProjectorObserver): ProjectorHealth {
  let health: Health = { ok: false, detail: 'not started yet' };
  return {
    observer: {
      ...observed,
      started(checkpoint) {
        health = { ok: true, detail: `at stream sequence ${checkpoint}` };
        observed.started(checkpoint);
      },
      wrote(batch) {
        health = { ok: true, detail: `at stream sequence ${batch.sequence}` };
        observed.wrote(batch);
      },
      failed(error, waitMs) {
        health = { ok: false, detail: messageOf(error) };
        observed.failed(error, waitMs);
      },
    },
    check: () => health,
  };
}
