import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../platform/message-of.ts';
import type { Build } from './build.ts';
import { buildToServe, controlStore } from './control.ts';
import type { ProjectionControl } from './control.ts';
import type { ProjectedDocument } from './projection.ts';
import { createProjector } from './projector.ts';
import type { Projector, ProjectorOptions } from './projector.ts';
import { untilVisible } from './visibility.ts';

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
  /** The control document cannot be followed: what runs goes on. Told once as long as it lasts. */
  readonly failed: (error: unknown) => void;
}

/** Runs the build that is live, and follows when another one gets to be it. */
export interface ProjectionHost {
  /** What queries are answered from; undefined until there is a build of this release's shape. */
  readonly current: () => Projector | undefined;
  readonly paused: () => boolean;
  /** Why the control document cannot be followed, in a sentence; undefined while it can. */
  readonly failure: () => string | undefined;
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
  const { projection, db, events, hostObserver, signal } = options;
  const control = controlStore(db, projection.name);
  const first: Build = {
    projection: projection.name,
    number: 1,
    shape: projection.version,
    groups: options.groups,
  };
  let current: Projector | undefined;
  let paused: boolean | undefined;
  let failure: string | undefined;
  const aborted = new Promise<false>((resolve) => {
    signal.addEventListener('abort', () => resolve(false), { once: true });
  });

  function expectToServe(found: ProjectionControl): Build {
    const build = buildToServe(found, projection);
    if (build !== undefined) return build;
    throw new Error(
      `no build of the projection ${projection.name} has the shape ${projection.version}: ` +
        `make one with "jetbank projections rebuild ${projection.name}"`,
    );
  }

  async function follow(): Promise<void> {
    const found = (await control.read()) ?? (await control.open(current?.build ?? first));
    await leaveRemoved(found);
    const build = expectToServe(found);
    if (current?.build.number !== build.number) await switchTo(build, found.paused);
    if (paused === found.paused) return;
    ({ paused } = found);
    hostObserver.paused(paused);
    if (paused) await current?.pause();
    else current?.resume();
  }

  /** What was removed must not be made again by the one who works on it. */
  async function leaveRemoved({ builds }: ProjectionControl): Promise<void> {
    const old = current;
    if (old === undefined || builds.some(({ number }) => number === old.build.number)) return;
    current = undefined;
    await old.stop();
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
    // Not between a query's wait on the old build and its read: that goes on in the same turn.
    await nextTurn();
    current = next;
    hostObserver.serving(build);
    await old?.stop();
  }

  async function untilCaughtUp(next: Projector, old: Projector): Promise<void> {
    const last = await events.lastSequence();
    const shown = Math.max(...old.groups.map(({ position }) => position.current()));
    // Where the log was set back, the old build shows what it does not have any more.
    const goal = Math.min(shown, last);
    const visible = untilVisible(next, events, goal, CATCH_UP_TIMEOUT_MS);
    if (await Promise.race([visible, aborted])) return;
    signal.throwIfAborted();
    throw new Error(`build ${next.build.number} did not get to stream sequence ${goal} in time`);
  }

  const stopped = () => signal.aborted;

  async function run(): Promise<void> {
    while (!stopped()) {
      try {
        await follow();
        failure = undefined;
      } catch (error) {
        const known = failure;
        failure = messageOf(error);
        if (!stopped() && failure !== known) hostObserver.failed(error);
      }
      await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
    await current?.stop();
  }

  return {
    current: () => current,
    paused: () => paused === true,
    failure: () => failure,
    ended: run(),
  };
}
