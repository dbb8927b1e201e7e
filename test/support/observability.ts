import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export const DASHBOARD = 'deploy/observability/grafana-dashboard.json';
export const RULES = 'deploy/observability/prometheus-rules.yml';

interface Datasource {
  readonly type: string;
  readonly uid: string;
}

export interface Dashboard {
  readonly uid: string;
  readonly panels: readonly {
    readonly id: number;
    readonly type: string;
    readonly title: string;
    readonly datasource?: Datasource;
    readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
    readonly targets?: readonly {
      readonly refId: string;
      readonly datasource: Datasource;
      readonly expr: string;
      readonly legendFormat: string;
    }[];
  }[];
  readonly templating: {
    readonly list: readonly {
      readonly name: string;
      readonly type: string;
      readonly query: string | { readonly query: string };
    }[];
  };
}

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<'summary' | 'description' | 'runbook_url', string>>;
}

export const readDashboard = (): Dashboard =>
  JSON.parse(readFileSync(DASHBOARD, 'utf8')) as Dashboard;

export function readAlerts(): readonly Alert[] {
  const { groups } = parse(readFileSync(RULES, 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly Alert[] }[];
  };
  return groups.flatMap(({ rules }) => rules);
}
