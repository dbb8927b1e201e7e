import { setTimeout as sleep } from 'node:timers/promises';
import type { Build } from './build.ts';
import { controlStore } from './control.ts';
import type { ProjectionControl } from './control.ts';
import type { ProjectedDocument } from './projection.ts';
import { createProjector } from './projector.ts';
import type { Projector, ProjectorOptions } from './projector.ts';

export interface HostOptions<D extends ProjectedDocument> extends ProjectorOptions<D> {
  /** Groups of a first build: 1 to 32. */
  readonly groups: number;
  /** Called with stream sequences that some group of the build has come to. */
  readonly onAdvance: (sequence: number) => void;
  readonly hostObserver: HostObserver;
  readonly signal: AbortSignal;
}

export interface HostObserver {
  /** Queries are answered from this build from now on. */
  readonly serving: (build: Build) => void;
  readonly paused: (paused: boolean) => void;
  /** The control document cannot be followed right now: what runs goes on. */
  readonly failed: (error: unknown) => void;
}

/** Runs the build that is live, and follows when another one gets to be it. */
export interface ProjectionHost {
  /** What queries are answered from; undefined before MongoDB was there for the first time. */
  readonly current: () => Projector | undefined;
  /** Resolves, after the signal was aborted, when the last batch is written. */
  readonly ended: Promise<void>;
}

/** How often the control document is read, in milliseconds. */
const LOOK_EVERY_MS = 500;
/** How long a build that was made live may take to catch up with the one before, in milliseconds. */
const CATCH_UP_TIMEOUT_MS = 60_000;

export function runProjectionHost<D extends ProjectedDocument>(
  options: HostOptions<D>,
): ProjectionHost {
  const { projection, db, hostObserver, signal } = options;
  const control = controlStore(db, projection.name);
  const first: Build = {
    projection: projection.name,
    number: 1,
    shape: projection.version,
    groups: options.groups,
  };
  const aborted = new Promise<readonly boolean[]>((resolve) => {
    signal.addEventListener('abort', () => resolve([]), { once: true });
  });
  let current: Projector | undefined;
  let paused: boolean | undefined;

  /** The live build or, where it is of a release that is not this one's shape, the one before it. */
  function buildToServe({ live, previous, builds }: ProjectionControl): Build {
    const found = [live, previous]
      .map((number) => builds.find((build) => build.number === number))
      .find((build) => build?.shape === projection.version);
    if (found !== undefined) return found;
    throw new Error(
      `no build of the projection ${projection.name} has the shape ${projection.version}: ` +
        `make one with "jetbank projections rebuild ${projection.name}"`,
    );
  }

  async function follow(): Promise<void> {
    const found = (await control.read()) ?? (await control.open(current?.build ?? first));
    const build = buildToServe(found);
    if (current?.build.number !== build.number) await switchTo(build, found.paused);
    if (paused === found.paused) return;
    ({ paused } = found);
    hostObserver.paused(paused);
    if (paused) await current?.pause();
    else current?.resume();
  }

  /** The old build goes on and answers until the new one has all that it has. */
  async function switchTo(build: Build, isPaused: boolean): Promise<void> {
    const old = current;
    const next = createProjector(options, build);
    for (const { position } of next.groups) position.onAdvance(options.onAdvance);
    if (!isPaused) {
      next.resume();
      try {
        if (old !== undefined) await untilCaughtUp(next, old);
      } catch (error) {
        await next.stop();
        throw error;
      }
    }
    current = next;
    hostObserver.serving(build);
    await old?.stop();
  }

  async function untilCaughtUp(next: Projector, old: Projector): Promise<void> {
    const goal = Math.max(...old.groups.map(({ position }) => position.current()));
    const waits = next.groups.map(({ position }) => position.waitFor(goal, CATCH_UP_TIMEOUT_MS));
    const reached = await Promise.race([Promise.all(waits), aborted]);
    signal.throwIfAborted();
    if (reached.every(Boolean)) return;
    throw new Error(`build ${next.build.number} did not get to stream sequence ${goal} in time`);
  }

  const stopped = () => signal.aborted;

  async function run(): Promise<void> {
    while (!stopped()) {
      try {
        await follow();
      } catch (error) {
        if (!stopped()) hostObserver.failed(error);
      }
      await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
    await current?.stop();
  }

  return { current: () => current, ended: run() };
}
