import type { Build } from './build.ts';
import { controlStore } from './control.ts';
import type { ProjectionControl } from './control.ts';
import type { ProjectedDocument, Projection } from './projection.ts';
import type { ProjectorOptions } from './projector.ts';
import { removeBuild } from './remove-build.ts';

/** Why no build was made the live one, in a sentence that says what to do. */
export class RebuildError extends Error {
  override readonly name = 'RebuildError';
}

export const shapeOf = <D extends ProjectedDocument>({ projection }: ProjectorOptions<D>) => ({
  projection: projection.name,
  shape: projection.version,
});

/** The builds that are neither live nor kept for a roll-back. */
export const unfinishedIn = ({ live, previous, builds }: ProjectionControl): Build[] =>
  builds.filter(({ number }) => number !== live && number !== previous);

/** @throws RebuildError */
export function buildIn({ builds }: ProjectionControl, number: number): Build {
  const found = builds.find((build) => build.number === number);
  if (found === undefined)
    throw new RebuildError(`the control document does not know build ${number}`);
  return found;
}

/**
 * What a projection applies to documents of another shape would spoil or park them.
 * @throws RebuildError saying what to do.
 */
export function expectOwnShape({ version }: Pick<Projection, 'version'>, build: Build): void {
  if (build.shape === version) return;
  throw new RebuildError(
    `build ${build.number} has the shape ${build.shape}, and this release writes the shape ${version}: ` +
      'use the jetbank command of the release that made the build',
  );
}

/**
 * The build that a rebuild works on: one that was broken off, if it is what is wanted, else a new
 * one. What else was broken off is removed. `groups` is how many it shall have; default as many as
 * the one broken off, or the live one.
 */
export async function buildToMake<D extends ProjectedDocument>(
  options: ProjectorOptions<D>,
  found: ProjectionControl,
  groups: number | undefined,
  report: (step: string) => void,
): Promise<Build> {
  const { projection, db } = options;
  const isWanted = (build: Build) =>
    // One that was live once and only waits to be removed has a smaller number.
    build.number > Math.max(found.live, found.previous ?? 0) &&
    build.removing === undefined &&
    build.shape === projection.version &&
    (groups === undefined || build.groups === groups);
  for (const build of unfinishedIn(found)) {
    if (isWanted(build)) {
      report(`taking up build ${build.number}, which was broken off`);
      return build;
    }
    report(`removing build ${build.number}, which was broken off`);
    await removeBuild(options, build);
  }
  const build = {
    ...shapeOf(options),
    number: found.lastNumber + 1,
    groups: groups ?? buildIn(found, found.live).groups,
  };
  await controlStore(db, projection.name).addBuild(build);
  return build;
}
