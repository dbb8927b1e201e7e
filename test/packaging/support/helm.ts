import { findHelm } from '../../../dev/binaries/go-tools.ts';
import { parseManifests } from './manifests.ts';
import type { Manifest } from './manifests.ts';
import { inRepository } from './repository.ts';
import { run } from './run.ts';
import type { Finished } from './run.ts';

/** Helm alone takes the Kubernetes version that it was built for, which is not always a new one. */
const KUBE_VERSION = '1.33.0';

export const CHARTS = ['account-cmd', 'account-query'] as const;
export type Chart = (typeof CHARTS)[number];

export interface Helm {
  /** With the values of `ci/NAME-values.yaml` of the chart, where a name is given. */
  lint(chart: Chart, values?: ChartValues): Promise<Finished>;
  template(chart: Chart, settings?: Settings): Promise<Finished>;
  /** What `helm install` would apply; the values without a default come from the chart's `ci`. */
  render(chart: Chart, settings?: Settings, values?: ChartValues): Promise<Manifest[]>;
}

/** What a chart's `ci` folder has values for. */
export type ChartValues = 'required' | 'production';

/** Values as `--set` takes them. */
export type Settings = Readonly<Record<string, string | number | boolean>>;

/** Helm, or why it is not to be had. May take minutes once, to build it. */
export async function helmOrReason(): Promise<Helm | string> {
  const choice = await findHelm({ progress: (line) => console.log(line) });
  return choice.path === undefined ? choice.why : helmAt(choice.path);
}

function helmAt(path: string): Helm {
  const helm = (args: readonly string[], settings: Settings = {}) =>
    run(path, [
      ...args,
      ...['--kube-version', KUBE_VERSION],
      ...Object.entries(settings).flatMap(([name, value]) => ['--set', `${name}=${String(value)}`]),
    ]);
  const folder = (chart: Chart) => inRepository('deploy', chart);
  const from = (chart: Chart, values: ChartValues) => [
    '--values',
    inRepository('deploy', chart, 'ci', `${values}-values.yaml`),
  ];
  return {
    lint: (chart, values) =>
      helm(['lint', '--strict', folder(chart), ...(values ? from(chart, values) : [])]),
    template: (chart, settings) => helm(['template', 'bank', folder(chart)], settings),
    async render(chart, settings, values = 'required') {
      const args = ['template', 'bank', folder(chart), ...from(chart, values)];
      const { code, stdout, stderr } = await helm(args, settings);
      if (code !== 0) throw new Error(stderr);
      return parseManifests(stdout);
    },
  };
}
