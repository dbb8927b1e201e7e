import { formatted, progress } from './report.ts';
import type { Ratio, Target } from './report.ts';

/** What was measured so far: one figure a round under each name. */
export interface Figures {
  /** Keeps the figure and tells it as progress. */
  readonly note: (name: string, figure: number) => void;
  readonly of: (name: string) => readonly number[];
  /** Each round's figure as a share of the ceiling of the same round. */
  readonly ratio: (name: string, ceiling: string, target?: Target) => Ratio;
}

export function newFigures(): Figures {
  const figures = new Map<string, number[]>();
  const of = (name: string) => figures.get(name) ?? [];
  return {
    of,
    note(name, figure) {
      progress(`  ${name}: ${formatted(figure)}`);
      figures.set(name, [...of(name), figure]);
    },
    ratio: (name, ceiling, target) => ({
      to: ceiling,
      rounds: of(name).map((figure, round) => figure / (of(ceiling)[round] ?? Number.NaN)),
      ...(target !== undefined && { target }),
    }),
  };
}
