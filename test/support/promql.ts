import type { ShownMetric } from './exposition.ts';

/** A metric in a query, without the ending of a histogram's series, and the labels that it is selected by. */
interface Selector {
  readonly name: string;
  readonly labels: readonly string[];
}

const SELECTOR = /\b((?:jetbank|http|nodejs|process)_\w+)(?:\s*\{([^}]*)\})?/g;
const MATCHER = /(\w+)\s*(?:=~|!~|!=|=)\s*"/g;
const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;
const LEGEND = /\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}/g;
const OF_HISTOGRAMS = /_(?:bucket|sum|count)$/;

/** Labels that Prometheus itself adds, and those of its format. */
const ALWAYS_THERE: readonly string[] = ['job', 'instance', 'le'];

/**
 * What a query, or the templates beside it, asks for and these metrics do not have: metrics, and labels
 * of metrics. The metrics' labels are those that `labelsOf` answers.
 */
export function missingIn(
  query: string,
  templates: readonly string[],
  metrics: ReadonlyMap<string, Pick<ShownMetric, 'type' | 'labels'>>,
): string[] {
  const missing: string[] = [];
  const known = new Set(ALWAYS_THERE);
  for (const { name, labels } of selectorsIn(query)) {
    const metric = metricOf(name, metrics);
    if (metric === undefined) missing.push(name);
    for (const label of metric?.labels ?? []) known.add(label);
    const own = new Set([...ALWAYS_THERE, ...(metric?.labels ?? [])]);
    for (const label of labels) if (!own.has(label)) missing.push(`${name}{${label}}`);
  }
  const grouped = [...query.matchAll(GROUPING)].flatMap(([, list = '']) => list.split(','));
  const shown = templates.flatMap((template) =>
    [...template.matchAll(LEGEND)].map(([, label = '']) => label),
  );
  for (const label of [...grouped.map((text) => text.trim()), ...shown]) {
    if (label !== '' && !known.has(label)) missing.push(`{${label}}`);
  }
  return missing;
}

function selectorsIn(query: string): Selector[] {
  return [...query.matchAll(SELECTOR)].map(([, name = '', matchers = '']) => ({
    name,
    labels: [...matchers.matchAll(MATCHER)].map(([, label = '']) => label),
  }));
}

/** A histogram is asked for by its series, everything else by its name. */
function metricOf<M extends Pick<ShownMetric, 'type'>>(
  name: string,
  metrics: ReadonlyMap<string, M>,
): M | undefined {
  const series = metrics.get(name.replace(OF_HISTOGRAMS, ''));
  if (series !== undefined && ['histogram', 'summary'].includes(series.type)) {
    return OF_HISTOGRAMS.test(name) ? series : undefined;
  }
  return metrics.get(name);
}
