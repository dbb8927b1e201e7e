import { readFileSync } from 'node:fs';

export interface DocumentedMetric {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
}

const ROW = /^\| `(\w+)` +\| (\w+) +\| ([^|]*)\|/gm;

/** The tables of docs/metrics.md, by the heading above them. */
export function documentedMetrics(): ReadonlyMap<string, readonly DocumentedMetric[]> {
  const [, ...sections] = readFileSync('docs/metrics.md', 'utf8').split(/^## /m);
  return new Map(
    sections.map((section) => {
      const metrics = [...section.matchAll(ROW)].map(([, name = '', type = '', labels = '']) => ({
        name,
        type,
        labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label).toSorted(),
      }));
      return [section.split('\n')[0] ?? '', metrics];
    }),
  );
}
