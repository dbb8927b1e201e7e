import { setTimeout as sleep } from 'node:timers/promises';
import { STREAM } from '../event-store/jetstream/names.ts';
import { createApplier } from './applier.ts';
import { groupsOf, wholeOf } from './build.ts';
import type { Build } from './build.ts';
import { checkpointStore, joinedCheckpoints } from './checkpoint.ts';
import { controlStore } from './control.ts';
import { PRIORITY_GROUP, provisionGroupConsumer } from './durable-consumer.ts';
import { expectInLog } from './log-set-back.ts';
import { projectionPosition } from './position.ts';
import { createProjector } from './projector.ts';
import type { Projector, ProjectorOptions } from './projector.ts';
import { readModelStore } from './read-model-store.ts';
import type { ProjectedDocument } from './projection.ts';
import { buildIn, buildToMake, expectOwnShape, RebuildError, shapeOf } from './rebuild-target.ts';
import { removeRemains, removeUnfinished } from './remove-unfinished.ts';
import { untilVisible } from './visibility.ts';

export interface RebuildOptions<D extends ProjectedDocument> extends ProjectorOptions<D> {
  /** Groups of the new build; default as many as the live one has. */
  readonly groups?: number;
  /** Nothing is made live once it is aborted. */
  readonly signal: AbortSignal;
  /** Looks at the new build before it is made the live one; an answer keeps it from that. */
  readonly check: (fresh: Build, live: Build) => Promise<string | undefined>;
  readonly report: RebuildReporter;
}

export interface RebuildReporter {
  /** A sentence for people on what is done next. */
  readonly step: (what: string) => void;
  /** Stream sequences replayed, and how many there are. */
  readonly replayed: (done: number, total: number) => void;
}

/** How long the last events may take to get through, in milliseconds. */
const CATCH_UP_TIMEOUT_MS = 60_000;
/** How long the services have to see which build is live, in milliseconds. */
const HAND_OVER_MS = 2_000;

/**
 * Makes a new build beside the live one: replays the log to its end, catches up, has it checked, and
 * makes it the live one. Queries are answered all the time. One that was broken off is taken up
 * where it stood. Answers the new build; nothing is live that was not checked.
 * @throws RebuildError saying what to do, when the check has an objection.
 */
export async function rebuild<D extends ProjectedDocument>(
  options: RebuildOptions<D>,
): Promise<Build> {
  const { projection, db, events, report } = options;
  // Before anything is made: there may be no log to build from.
  await events.lastSequence();
  const control = controlStore(db, projection.name);
  const found = await control.open({ ...shapeOf(options), number: 1, groups: options.groups ?? 1 });
  const fresh = await buildToMake(options, found, options.groups, report.step);
  try {
    await finish(options, fresh, buildIn(found, found.live));
  } catch (error) {
    // That is what counts; MongoDB may be what is away.
    await removeRemains(options, fresh).catch(() => undefined);
    throw error;
  }
  await removeUnfinished(options, report.step);
  return fresh;
}

async function finish<D extends ProjectedDocument>(
  options: RebuildOptions<D>,
  fresh: Build,
  live: Build,
): Promise<void> {
  await replay(options, fresh);
  const projector = await catchUp(options, fresh);
  try {
    options.report.step('checking');
    const objection = await options.check(fresh, live);
    if (objection !== undefined) throw new RebuildError(objection);
    await makeLive(options, projector, live.number);
  } finally {
    await projector.stop();
  }
}

/** Makes the build before the live one the live one again, once it has caught up. */
export async function rollBack<D extends ProjectedDocument>(
  options: RebuildOptions<D>,
): Promise<Build> {
  const found = await controlStore(options.db, options.projection.name).read();
  if (found === undefined || found.previous === null) {
    throw new RebuildError('there is no build before the live one to go back to');
  }
  const build = buildIn(found, found.previous);
  expectOwnShape(options.projection, build);
  const projector = await catchUp(options, build);
  try {
    await makeLive(options, projector, found.live);
  } finally {
    await projector.stop();
  }
  return build;
}

/** Reads the log once for all groups, up to where it ends now. */
async function replay<D extends ProjectedDocument>(
  options: RebuildOptions<D>,
  build: Build,
): Promise<void> {
  const { projection, db, events, report, signal, observer } = options;
  const end = await events.lastSequence();
  const store = readModelStore(db, projection, build);
  const checkpoints = joinedCheckpoints(groupsOf(build).map(({ id }) => checkpointStore(db, id)));
  await store.open();
  const { sequence } = await checkpoints.open();
  if (sequence > end) {
    throw new RebuildError(
      `build ${build.number}, which was broken off, is ahead of the log, which ends at stream sequence ` +
        `${end}: remove it with "jetbank projections rebuild ${projection.name} --abandon"`,
    );
  }
  report.step(`replaying from stream sequence ${sequence} to ${end} into build ${build.number}`);
  const position = projectionPosition();
  report.replayed(sequence, end);
  position.onAdvance((done) => report.replayed(done, end));
  const group = wholeOf(build);
  const whole = { projection, group, store, checkpoints, events, position, signal };
  const applier = createApplier({ ...whole, observer: observer(group) }, sequence, () => undefined);
  await applier.catchUp(end);
  await applier.written();
}

/** Makes the build's consumers, and projects until nothing is missing; it goes on after that. */
async function catchUp<D extends ProjectedDocument>(
  options: RebuildOptions<D>,
  build: Build,
): Promise<Projector> {
  const { db, jsm, events, report, signal } = options;
  report.step('catching up with what was written meanwhile');
  for (const group of groupsOf(build)) {
    const { sequence } = await checkpointStore(db, group.id).open();
    await expectInLog(events, group, sequence);
    await provisionGroupConsumer(jsm, group, true, sequence);
  }
  const projector = createProjector(options, build);
  projector.resume();
  const end = await events.lastSequence();
  const visible = end === 0 || untilVisible(projector, events, end, CATCH_UP_TIMEOUT_MS);
  if (await Promise.race([visible, untilAborted(signal)])) return projector;
  await projector.stop();
  signal.throwIfAborted();
  throw new RebuildError(`build ${build.number} did not get to stream sequence ${end}: try again`);
}

/** Makes the projector's build the live one and hands the work over to the services. */
async function makeLive<D extends ProjectedDocument>(
  { projection, db, jsm, report, signal }: RebuildOptions<D>,
  projector: Projector,
  from: number,
): Promise<void> {
  const { number } = projector.build;
  signal.throwIfAborted();
  report.step(`making build ${number} the live one`);
  const control = controlStore(db, projection.name);
  if (!(await control.flip(from, number))) {
    const isLive = (await control.read())?.live === from;
    throw new RebuildError(
      isLive
        ? `build ${number} was removed meanwhile: somebody abandoned it`
        : `build ${from} is not the live one any more: somebody else was faster`,
    );
  }
  await sleep(HAND_OVER_MS);
  await projector.stop();
  for (const { group } of projector.groups) {
    // Somebody else may be pinned by now; then nobody is the worse for it.
    await jsm.consumers.unpin(STREAM, group.id, PRIORITY_GROUP).catch(() => undefined);
  }
}

function untilAborted(signal: AbortSignal): Promise<false> {
  const { promise, resolve } = Promise.withResolvers<false>();
  if (signal.aborted) resolve(false);
  signal.addEventListener('abort', () => resolve(false), { once: true });
  return promise;
}
