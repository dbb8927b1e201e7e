import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CHARTS, helmOrReason } from './support/helm.ts';
import type { Chart, Helm } from './support/helm.ts';
import { schemaProblems } from './support/kubernetes-schemas.ts';
import { only, pick } from './support/manifests.ts';
import type { Manifest } from './support/manifests.ts';
import { readText } from './support/repository.ts';
import { run } from './support/run.ts';
import { environmentOf, isWorkload } from './support/workload.ts';
import type { NetworkPolicy, ServiceMonitor, Workload } from './support/workload.ts';

describe('the memory of the services', () => {
  const valuesOf = (chart: Chart) =>
    parse(readText(`deploy/${chart}/values.yaml`)) as {
      readonly env: { readonly NODE_OPTIONS: string };
      readonly resources: { readonly limits: { readonly memory: string } };
    };

  it.each([
    // Resident while it catches up with a million events, with a heap left to V8; and with a full cache.
    ['account-query', '1Gi', 577],
    ['account-cmd', '768Mi', 449],
  ] as const)('%s has %s, and so room above the %i MiB measured', (chart, memory, measured) => {
    const { limits } = valuesOf(chart).resources;
    expect(limits.memory).toBe(memory);
    const [, size, unit] = /^(\d+)(Mi|Gi)$/.exec(limits.memory) ?? [];
    expect(Number(size) * (unit === 'Gi' ? 1024 : 1)).toBeGreaterThan(1.5 * measured);
  });

  it('account-cmd bounds the heap by options that Node takes', async () => {
    const { NODE_OPTIONS } = valuesOf('account-cmd').env;
    const limit = 'require("node:v8").getHeapStatistics().heap_size_limit';
    const heap = async (options: string) => {
      const env = { ...process.env, NODE_OPTIONS: options };
      const { stdout, stderr } = await run(process.execPath, ['-p', limit], { env });
      expect(stderr).toBe('');
      return Number(stdout);
    };
    expect(await heap(NODE_OPTIONS)).not.toBe(await heap(''));
  });
});

const found = await helmOrReason();

describe.skipIf(typeof found === 'string')(
  typeof found === 'string'
    ? `the charts with production values (skipped: ${found})`
    : 'the charts with production values',
  () => {
    const helm = found as Helm;
    const rendered = new Map<Chart, Manifest[]>();
    const manifestsOf = (chart: Chart) => rendered.get(chart) ?? [];
    const workloads = () => CHARTS.flatMap(manifestsOf).filter(isWorkload);
    const containerOf = (workload: Workload) => only(workload.spec.template.spec.containers);

    beforeAll(async () => {
      for (const chart of CHARTS) rendered.set(chart, await helm.render(chart, {}, 'production'));
    });

    it.each(CHARTS)('%s passes helm lint', async (chart) => {
      const { code, stdout } = await helm.lint(chart, 'production');
      expect(stdout).toContain('0 chart(s) failed');
      expect(code).toBe(0);
    });

    it('are what Kubernetes and the Prometheus operator know', async () => {
      expect(await schemaProblems(CHARTS.flatMap(manifestsOf))).toEqual([]);
    });

    it('show a mistake in a ServiceMonitor', async () => {
      const monitor = pick(manifestsOf('account-cmd'), 'ServiceMonitor') as ServiceMonitor;
      const endpoints = [{ port: 'http', intervall: '15s' }];
      const wrong = { ...monitor, spec: { ...monitor.spec, endpoints } };
      expect((await schemaProblems([wrong])).join()).toContain('intervall');
    });

    it('mount every file that a setting names, and no Secret for nothing', () => {
      for (const workload of workloads()) {
        const container = containerOf(workload);
        const mounted = (workload.spec.template.spec.volumes ?? []).flatMap(({ name, secret }) => {
          const mount = container.volumeMounts?.find((candidate) => candidate.name === name);
          return (secret?.items ?? []).map(({ path }) => `${mount?.mountPath ?? ''}/${path}`);
        });
        const named = Object.values(environmentOf(container)).filter((value) =>
          value?.startsWith('/etc/'),
        );
        // This one the connection string names.
        const inUri = container.name === 'account-query' ? ['/etc/jetbank/mongo-ca/ca.crt'] : [];
        const expected = [...named, ...inUri];
        expect(mounted.toSorted()).toEqual(expected.toSorted());
      }
    });

    it('connect to NATS with nkey and client certificate, over TLS only', () => {
      expect(workloads().map(({ kind }) => kind)).toEqual(['Deployment', 'Job', 'Deployment']);
      for (const workload of workloads()) {
        const environment = environmentOf(containerOf(workload));
        expect(environment).toMatchObject({
          NATS_URL: 'tls://nats:4222',
          NATS_NKEY_FILE: '/etc/jetbank/nats/nats.nkey',
          NATS_TLS_CA: '/etc/jetbank/nats-ca/ca.crt',
          NATS_TLS_CERT: '/etc/jetbank/nats-cert/tls.crt',
          NATS_TLS_KEY: '/etc/jetbank/nats-cert/tls.key',
        });
        expect(environment).not.toHaveProperty('NATS_USER');
        expect(environment).not.toHaveProperty('NATS_PASSWORD_FILE');
      }
    });

    it.each(CHARTS)('%s lets in the gateway and Prometheus, and nobody else', (chart) => {
      const { spec } = pick(manifestsOf(chart), 'NetworkPolicy') as NetworkPolicy;
      expect(spec.ingress).toEqual([
        {
          ports: [{ port: 'http', protocol: 'TCP' }],
          from: [
            {
              namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'gateway' } },
            },
            {
              namespaceSelector: {},
              podSelector: { matchLabels: { 'app.kubernetes.io/name': 'prometheus' } },
            },
          ],
        },
      ]);
    });
  },
);
