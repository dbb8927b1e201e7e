import type { Build } from './build.ts';
import { controlStore } from './control.ts';
import type { ProjectedDocument } from './projection.ts';
import type { ProjectorOptions } from './projector.ts';
import { unfinishedIn } from './rebuild-target.ts';
import { removeBuild } from './remove-build.ts';

/** Removes the builds that are neither live nor kept for a roll-back. Answers the builds removed. */
export async function removeUnfinished<D extends ProjectedDocument>(
  options: ProjectorOptions<D>,
  report: (step: string) => void = () => undefined,
): Promise<Build[]> {
  const found = await controlStore(options.db, options.projection.name).read();
  const unfinished = found === undefined ? [] : unfinishedIn(found);
  for (const build of unfinished) {
    report(`removing build ${build.number}`);
    await removeBuild(options, build);
  }
  return unfinished;
}

/** Somebody may have removed the build under this process, which has then made parts of it again. */
export async function removeRemains<D extends ProjectedDocument>(
  options: ProjectorOptions<D>,
  build: Build,
): Promise<void> {
  const found = await controlStore(options.db, options.projection.name).read();
  const known = found?.builds.some(({ number }) => number === build.number) ?? true;
  if (!known) await removeBuild(options, build);
}
