import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CHARTS, helmOrReason } from './support/helm.ts';
import type { Chart, Helm } from './support/helm.ts';
import { schemaProblems } from './support/kubernetes-schemas.ts';
import { only, pick } from './support/manifests.ts';
import type { Manifest } from './support/manifests.ts';
import { packageJson, readText } from './support/repository.ts';
import { environmentOf, isWorkload, selects } from './support/workload.ts';
import type { NetworkPolicy, Service, ServiceMonitor, Workload } from './support/workload.ts';

const SHARED_TEMPLATES = [
  '_helpers.tpl',
  'deployment.yaml',
  'hpa.yaml',
  'networkpolicy.yaml',
  'pdb.yaml',
  'service.yaml',
  'serviceaccount.yaml',
  'servicemonitor.yaml',
];

describe('the charts, as files', () => {
  it.each(SHARED_TEMPLATES)('have the same %s', (name) => {
    const [cmd, query] = CHARTS.map((chart) => readText(`deploy/${chart}/templates/${name}`));
    expect(query).toBe(cmd);
  });

  it.each(CHARTS)('%s carries the version of jetbank', (chart) => {
    const { name, appVersion } = parse(readText(`deploy/${chart}/Chart.yaml`)) as {
      name: string;
      appVersion: string;
    };
    expect({ name, appVersion }).toEqual({ name: chart, appVersion: packageJson.version });
  });
});

const found = await helmOrReason();

describe.skipIf(typeof found === 'string')(
  typeof found === 'string' ? `the charts in Helm (skipped: ${found})` : 'the charts in Helm',
  () => {
    const helm = found as Helm;
    const rendered = new Map<Chart, Manifest[]>();
    const manifestsOf = (chart: Chart) => rendered.get(chart) ?? [];
    const deploymentOf = (chart: Chart) => pick(manifestsOf(chart), 'Deployment') as Workload;
    const podOf = (workload: Workload) => workload.spec.template.spec;

    beforeAll(async () => {
      for (const chart of CHARTS) rendered.set(chart, await helm.render(chart));
    });

    it.each(CHARTS)('%s passes helm lint', async (chart) => {
      const { code, stdout } = await helm.lint(chart);
      expect(stdout).toContain('0 chart(s) failed');
      expect(code).toBe(0);
    });

    it.each([
      ['account-cmd', { 'streams.apply': false }, 'nats.credentials.secretName is required'],
      ['account-cmd', { 'nats.credentials.secretName': 'x' }, 'streams.credentials.secretName is'],
      ['account-query', {}, 'nats.credentials.secretName is required'],
      [
        'account-query',
        { 'nats.credentials.secretName': 'x', 'auth.enabled': false },
        'mongo.uriSecret.name is required',
      ],
      [
        'account-query',
        { 'nats.credentials.secretName': 'x' },
        'auth: give auth.apiKeys.secretName',
      ],
      [
        'account-query',
        { 'auth.jwt.jwksUrl': 'https://x', 'nats.credentials.secretName': 'x' },
        'auth.jwt.issuer and',
      ],
    ] as const)('%s with %o says what is missing', async (chart, settings, message) => {
      const { code, stderr } = await helm.template(chart, settings);
      expect(stderr).toContain(message);
      expect(code).not.toBe(0);
    });

    it.each([
      ['a misspelt value', { replicacount: 3 }, 'replicacount'],
      ['a secret among the plain settings', { 'env.MONGO_URI': 'mongodb://host' }, 'MONGO_URI'],
      ['the tag latest', { 'image.tag': 'latest' }, 'image'],
      ['a digest that is none', { 'image.digest': 'sha256:abc' }, 'digest'],
      ['the keys of tokens in the clear', { 'auth.jwt.jwksUrl': 'http://x' }, 'jwksUrl'],
      ['a setting that has a value of its own', { 'env.HTTP_AUTH': 'off' }, 'HTTP_AUTH'],
      ['an even number of replicas', { 'streams.replicas': 2 }, 'replicas'],
    ])('the schema of the values refuses %s', async (_, settings, message) => {
      for (const chart of CHARTS) {
        await expect(helm.render(chart, settings)).rejects.toThrow(message);
      }
    });

    it.each(CHARTS)('%s makes what Kubernetes knows', async (chart) => {
      expect(await schemaProblems(manifestsOf(chart))).toEqual([]);
    });

    it.each(CHARTS)('%s makes these resources, and no Secret', (chart) => {
      const kinds = manifestsOf(chart).map(({ kind }) => kind);
      expect(kinds.toSorted()).toEqual([
        'Deployment',
        'HorizontalPodAutoscaler',
        ...(chart === 'account-cmd' ? ['Job'] : []),
        'NetworkPolicy',
        'PodDisruptionBudget',
        'Service',
        'ServiceAccount',
      ]);
    });

    it.each(CHARTS)('%s runs without any privilege', (chart) => {
      for (const workload of manifestsOf(chart).filter(isWorkload)) {
        const pod = podOf(workload);
        expect(pod.automountServiceAccountToken).toBe(false);
        expect(pod.securityContext).toMatchObject({
          runAsNonRoot: true,
          runAsUser: 10001,
          seccompProfile: { type: 'RuntimeDefault' },
        });
        expect(only(pod.containers).securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(only(pod.containers).resources).toMatchObject({
          requests: { cpu: expect.any(String) as string, memory: expect.any(String) as string },
          limits: { memory: expect.any(String) as string },
        });
      }
    });

    it.each(CHARTS)('%s is updated without a gap', (chart) => {
      const { strategy, template } = deploymentOf(chart).spec;
      expect(strategy?.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
      const container = only(template.spec.containers);
      expect(container.startupProbe?.httpGet.path).toBe('/healthz');
      expect(container.livenessProbe?.httpGet.path).toBe('/healthz');
      expect(container.readinessProbe?.httpGet.path).toBe('/readyz');
      const [, pause] = container.lifecycle?.preStop.exec.command ?? [];
      const { DRAIN_SECONDS: drain } = environmentOf(container);
      expect(Number(drain)).toBeGreaterThan(0);
      // The service itself takes up to 10 s to stop.
      const needed = Number(pause) + Number(drain) + 10;
      expect(template.spec.terminationGracePeriodSeconds).toBeGreaterThan(needed);
    });

    it('refuses to kill a pod before it has stopped by itself', async () => {
      await expect(helm.render('account-cmd', { drainSeconds: 15 })).rejects.toThrow(
        /terminationGracePeriodSeconds is 30, but must be more than .* = 30/,
      );
    });

    it.each([
      ['account-cmd', '8080', 'account-cmd'],
      ['account-query', '8081', 'account-query'],
    ] as const)('%s configures its service', (chart, port, user) => {
      const container = only(podOf(deploymentOf(chart)).containers);
      expect(container.args).toEqual([chart]);
      expect(container.image).toBe(`jetbank:${packageJson.version}`);
      expect(environmentOf(container)).toMatchObject({
        HOST: '0.0.0.0',
        PORT: port,
        NATS_URL: 'tls://nats:4222',
        NATS_TLS_CA: '/etc/jetbank/nats-ca/ca.crt',
        NATS_USER: user,
        NATS_PASSWORD_FILE: '/etc/jetbank/nats/password',
        JETBANK_PROVISION: 'false',
        STREAM_REPLICAS: '3',
        HTTP_AUTH: 'on',
        HTTP_API_KEYS_FILE: '/etc/jetbank/api-keys/keys.json',
      });
    });

    it.each(CHARTS)(
      '%s takes tokens in place of keys, and may fetch what checks them',
      async (chart) => {
        const manifests = await helm.render(chart, {
          'auth.apiKeys.secretName': '',
          'auth.jwt.jwksUrl': 'https://login.example/keys',
          'auth.jwt.issuer': 'https://login.example',
          'auth.jwt.audience': 'jetbank',
          'auth.rateLimit': 50,
        });
        const pod = podOf(pick(manifests, 'Deployment') as Workload);
        const environment = environmentOf(only(pod.containers));
        expect(environment).toMatchObject({
          HTTP_AUTH: 'on',
          HTTP_JWT_JWKS_URL: 'https://login.example/keys',
          HTTP_JWT_ISSUER: 'https://login.example',
          HTTP_JWT_AUDIENCE: 'jetbank',
          HTTP_RATE_LIMIT: '50',
          HTTP_METRICS_AUTH: 'false',
        });
        expect(environment).not.toHaveProperty('HTTP_API_KEYS_FILE');
        expect(pod.volumes?.map(({ name }) => name)).not.toContain('api-keys');
        const { spec } = pick(manifests, 'NetworkPolicy') as NetworkPolicy;
        expect(spec.egress.flatMap(({ ports }) => ports.map(({ port }) => port))).toContain(443);
        expect(await schemaProblems(manifests)).toEqual([]);
      },
    );

    it.each(CHARTS)('%s asks nobody who he is only when told so', async (chart) => {
      const manifests = await helm.render(chart, { 'auth.enabled': false });
      const pod = podOf(pick(manifests, 'Deployment') as Workload);
      const environment = environmentOf(only(pod.containers));
      expect(environment).toMatchObject({ HTTP_AUTH: 'off' });
      expect(environment).not.toHaveProperty('HTTP_API_KEYS_FILE');
      expect(pod.volumes?.map(({ name }) => name)).not.toContain('api-keys');
    });

    it.each(CHARTS)('%s speaks HTTPS with the certificate of a Secret', async (chart) => {
      const manifests = await helm.render(chart, { 'tls.secretName': 'bank-tls' });
      const pod = podOf(pick(manifests, 'Deployment') as Workload);
      const container = only(pod.containers);
      expect(environmentOf(container)).toMatchObject({
        HTTP_TLS_CERT: '/etc/jetbank/tls/tls.crt',
        HTTP_TLS_KEY: '/etc/jetbank/tls/tls.key',
      });
      expect(container.volumeMounts).toContainEqual({
        name: 'tls',
        mountPath: '/etc/jetbank/tls',
        readOnly: true,
      });
      const { startupProbe, livenessProbe, readinessProbe } = container;
      for (const probe of [startupProbe, livenessProbe, readinessProbe]) {
        expect(probe?.httpGet.scheme).toBe('HTTPS');
      }
      expect(await schemaProblems(manifests)).toEqual([]);
    });

    it('spreads the read models over as many groups as it is told', async () => {
      const told = { 'streams.projectionGroups': 4 };
      const queries = pick(await helm.render('account-query', told), 'Deployment') as Workload;
      const job = pick(await helm.render('account-cmd', told), 'Job') as Workload;
      for (const workload of [queries, job]) {
        expect(environmentOf(only(podOf(workload).containers))['PROJECTION_GROUPS']).toBe('4');
      }
      await expect(
        helm.render('account-query', { 'streams.projectionGroups': 33 }),
      ).rejects.toThrow(/projectionGroups/);
    });

    it('mounts every secret at the path that its variable names', async () => {
      const certificate = { 'nats.tls.certSecretName': 'nats-client' };
      const manifests = await Promise.all(CHARTS.map((chart) => helm.render(chart, certificate)));
      for (const workload of manifests.flat().filter(isWorkload)) {
        const pod = podOf(workload);
        const container = only(pod.containers);
        const mounted = (pod.volumes ?? []).flatMap(({ name, secret }) => {
          const mount = container.volumeMounts?.find((candidate) => candidate.name === name);
          return (secret?.items ?? []).map(({ path }) => `${mount?.mountPath ?? ''}/${path}`);
        });
        const named = Object.entries(environmentOf(container))
          .filter(([name]) => /_FILE$|^NATS_TLS_/.test(name))
          .map(([, path]) => path);
        expect(mounted.toSorted()).toEqual(named.toSorted());
        expect(named.length).toBeGreaterThanOrEqual(4);
      }
    });

    it('speaks plain text where it is told so, and mounts no authority', async () => {
      const told = { 'nats.url': 'nats://nats:4222', 'nats.tls.caSecretName': '' };
      for (const chart of CHARTS) {
        const pod = podOf(pick(await helm.render(chart, told), 'Deployment') as Workload);
        expect(environmentOf(only(pod.containers))).not.toHaveProperty('NATS_TLS_CA');
        expect(pod.volumes?.map(({ name }) => name)).not.toContain('nats-ca');
      }
    });

    it('mounts the authority of MongoDB where a connection string can name it', async () => {
      const told = { 'mongo.caSecret.name': 'jetbank-mongo-ca' };
      const pod = podOf(pick(await helm.render('account-query', told), 'Deployment') as Workload);
      const { mountPath } = only(pod.containers).volumeMounts?.find(
        ({ name }) => name === 'mongo-ca',
      ) ?? { mountPath: undefined };
      expect(mountPath).toBe('/etc/jetbank/mongo-ca');
      expect(pod.volumes).toContainEqual(
        expect.objectContaining({
          name: 'mongo-ca',
          secret: expect.objectContaining({
            secretName: 'jetbank-mongo-ca',
            items: [{ key: 'ca.crt', path: 'ca.crt' }],
          }) as unknown,
        }),
      );
    });

    it('takes a .creds file in place of user and password', async () => {
      const manifests = await helm.render('account-cmd', {
        'nats.credentials.credsKey': 'nats.creds',
      });
      const pod = podOf(pick(manifests, 'Deployment') as Workload);
      const environment = environmentOf(only(pod.containers));
      expect(environment['NATS_CREDS_FILE']).toBe('/etc/jetbank/nats/nats.creds');
      expect(environment).not.toHaveProperty('NATS_USER');
      expect(environment).not.toHaveProperty('NATS_PASSWORD_FILE');
    });

    it('takes a digest in place of the tag, and leaves the replicas to the autoscaler', async () => {
      const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
      const pinned = await helm.render('account-query', {
        'image.digest': digest,
        'autoscaling.enabled': false,
      });
      const { spec } = pick(pinned, 'Deployment') as Workload;
      expect(only(spec.template.spec.containers).image).toBe(`jetbank@${digest}`);
      expect(spec.replicas).toBe(2);
      expect(deploymentOf('account-query').spec.replicas).toBeUndefined();
    });

    it('runs "jetbank streams apply" as the operator, in a pod that gets no requests', () => {
      const job = pick(manifestsOf('account-cmd'), 'Job') as Workload;
      expect(job.metadata.annotations?.['helm.sh/hook']).toBe('post-install,post-upgrade');
      const container = only(podOf(job).containers);
      expect(container.args).toEqual(['jetbank', 'streams', 'apply']);
      expect(environmentOf(container)).toMatchObject({
        NATS_USER: 'operator',
        STREAM_REPLICAS: '3',
        PROJECTION_GROUPS: '1',
      });

      const { labels } = job.spec.template.metadata;
      const { spec } = pick(manifestsOf('account-cmd'), 'Service') as Service;
      expect(
        selects(spec.selector, deploymentOf('account-cmd').spec.template.metadata.labels),
      ).toBe(true);
      expect(selects(spec.selector, labels)).toBe(false);
    });

    it('makes no job when told so', async () => {
      const manifests = await helm.render('account-cmd', { 'streams.apply': false });
      expect(manifests.map(({ kind }) => kind)).not.toContain('Job');
    });

    it.each(CHARTS)('%s may reach DNS, NATS and what else it needs, and nothing more', (chart) => {
      const { spec } = pick(manifestsOf(chart), 'NetworkPolicy') as NetworkPolicy;
      const ports = spec.egress.flatMap((rule) => rule.ports.map(({ port }) => port));
      expect([...new Set(ports)]).toEqual([
        53,
        4222,
        ...(chart === 'account-query' ? [27017] : []),
      ]);
    });

    it('makes a ServiceMonitor only when told so', async () => {
      const manifests = await helm.render('account-cmd', { 'serviceMonitor.enabled': true });
      const { spec } = pick(manifests, 'ServiceMonitor') as ServiceMonitor;
      const endpoint = { port: 'http', path: '/metrics', interval: '15s', scrapeTimeout: '10s' };
      expect(spec.endpoints).toEqual([endpoint]);

      const guarded = await helm.render('account-cmd', {
        'serviceMonitor.enabled': true,
        'auth.guardMetrics': true,
        'serviceMonitor.authorization.credentials.name': 'prometheus-key',
        'serviceMonitor.authorization.credentials.key': 'key',
        'tls.secretName': 'bank-tls',
      });
      expect((pick(guarded, 'ServiceMonitor') as ServiceMonitor).spec.endpoints).toEqual([
        {
          ...endpoint,
          scheme: 'https',
          authorization: { credentials: { name: 'prometheus-key', key: 'key' } },
        },
      ]);
    });
  },
);
