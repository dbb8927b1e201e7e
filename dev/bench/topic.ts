import type { Row } from './report.ts';

/** How long a topic measures, and where its servers keep their data. */
export interface Settings {
  readonly rounds: number;
  /** Of one load, in seconds; a ceiling is measured half as long. */
  readonly seconds: number;
  /** Of this topic alone; removed when the run ends. */
  readonly folder: string;
}

/** One table of the report: starts what it needs, measures in interleaved rounds, stops it again. */
export interface Topic {
  /** What ONLY selects it by. */
  readonly name: string;
  readonly title: string;
  /** Takes minutes: left out unless asked for by name. */
  readonly heavy?: boolean;
  readonly measure: (settings: Settings) => Promise<readonly Row[]>;
}
