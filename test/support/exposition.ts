/** A metric as a service's /metrics shows it. */
export interface ShownMetric {
  readonly name: string;
  readonly type: string;
  /** Names of the labels that its samples carry, without `le` and `quantile`; empty where it has none yet. */
  readonly labels: ReadonlySet<string>;
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;
const OF_THE_FORMAT: ReadonlySet<string> = new Set(['le', 'quantile']);

/** The metrics of a text of Prometheus' exposition format, by name. */
export function metricsIn(text: string): ReadonlyMap<string, ShownMetric> {
  const found = new Map<string, ShownMetric & { labels: Set<string>; samples: Sample[] }>();
  let current: string | undefined;
  for (const line of text.split('\n')) {
    const [, typed, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (typed !== undefined && type !== undefined) {
      current = typed;
      found.set(typed, { name: typed, type, labels: new Set(), samples: [] });
    }
    const [, , labelText = '', value] = SAMPLE.exec(line) ?? [];
    const metric = current === undefined ? undefined : found.get(current);
    if (value === undefined || metric === undefined) continue;
    const labels = Object.fromEntries(
      [...labelText.matchAll(LABEL)].map(([, name = '', text = '']) => [name, text]),
    );
    for (const name of Object.keys(labels)) if (!OF_THE_FORMAT.has(name)) metric.labels.add(name);
    metric.samples.push({ labels, value: Number(value) });
  }
  return found;
}

export const shownMetrics = async (url: string): Promise<ReadonlyMap<string, ShownMetric>> =>
  metricsIn(await (await fetch(`${url}/metrics`)).text());
