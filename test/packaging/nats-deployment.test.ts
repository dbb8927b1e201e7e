import { describe, expect, it } from 'vitest';
import { schemaProblems } from './support/kubernetes-schemas.ts';
import {
  generatedSecrets,
  natsDeployment,
  only,
  parseManifests,
  pick,
} from './support/manifests.ts';
import type { Manifest } from './support/manifests.ts';
import { readText } from './support/repository.ts';
import { selects } from './support/workload.ts';
import type { ConfigMap, Service, Workload } from './support/workload.ts';

const manifests = natsDeployment();
const statefulSet = pick(manifests, 'StatefulSet') as Workload;

describe('nats-deployment', () => {
  it('makes what Kubernetes knows', async () => {
    const secrets = await generatedSecrets();
    const example = parseManifests(readText('nats-deployment/secrets.yaml.example'));
    expect(await schemaProblems([...manifests, ...secrets, ...example])).toEqual([]);
  });

  it('fits any namespace, and carries no Secret', () => {
    for (const { kind, metadata } of manifests) {
      expect(kind).not.toBe('Secret');
      expect(metadata).not.toHaveProperty('namespace');
    }
  });

  it('selects the pods that it makes', () => {
    const { labels } = statefulSet.spec.template.metadata;
    expect(selects(statefulSet.spec.selector?.matchLabels ?? {}, labels)).toBe(true);
    for (const name of ['nats', 'nats-headless']) {
      const { spec } = pick(manifests, 'Service', name) as Service;
      expect(selects(spec.selector, labels)).toBe(true);
    }
  });

  it('has three servers that drain before they stop', () => {
    const { replicas, template } = statefulSet.spec;
    expect(replicas).toBe(3);
    const container = only(template.spec.containers);
    expect(container.lifecycle?.preStop.exec.command).toEqual([
      'nats-server',
      '--signal',
      'ldm=/var/run/nats/nats.pid',
    ]);
    const { data } = pick(manifests, 'ConfigMap') as ConfigMap;
    const seconds = (setting: string) =>
      Number(new RegExp(`^${setting}: (\\d+)s$`, 'm').exec(data['nats.conf'] ?? '')?.[1]);
    expect(template.spec.terminationGracePeriodSeconds).toBeGreaterThan(
      seconds('lame_duck_grace_period') + seconds('lame_duck_duration'),
    );
  });
});

describe('the Secrets', () => {
  const byName = (secrets: readonly Manifest[]) => secrets.map(({ metadata }) => metadata.name);

  it('are one for the servers and one for each client', async () => {
    expect(byName(await generatedSecrets())).toEqual([
      'nats-passwords',
      'nats-account-cmd',
      'nats-account-query',
      'nats-operator',
      'nats-sys',
    ]);
  });

  it('give each client the password that the servers know, and every run others', async () => {
    const [first, second] = [await generatedSecrets(), await generatedSecrets()];
    const [servers, ...clients] = first;
    const passwords = clients.map(({ stringData }) => stringData['password'] ?? '');
    for (const password of passwords) {
      expect(password).toMatch(/^[0-9a-f]{40}$/);
      expect(servers?.stringData['passwords.conf']).toContain(`"${password}"`);
      expect(JSON.stringify(second)).not.toContain(password);
    }
    expect(new Set(passwords).size).toBe(clients.length);
  });

  it('have an example of the same shape, with placeholders only', async () => {
    const example = parseManifests(readText('nats-deployment/secrets.yaml.example')) as Awaited<
      ReturnType<typeof generatedSecrets>
    >;
    const blank = (text: string) =>
      text.replaceAll(/"[^"]*"/g, (quoted) => quoted.replaceAll(/[0-9a-f]{40}|<[^>]*>/g, '?'));
    const [generated] = await generatedSecrets();
    const conf = (secret: { stringData: Readonly<Record<string, string>> } | undefined) =>
      blank(secret?.stringData['passwords.conf'] ?? '');
    expect(conf(example[0])).toBe(conf(generated));
    expect(example[1]?.stringData['password']).toMatch(/^<.*>$/);
  });
});

describe('the check by schema', () => {
  const withContainer = (fields: object): Manifest[] => [
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'sample' },
      spec: { containers: [{ name: 'c', image: 'i', ...fields }] },
    } as Manifest,
  ];

  it('passes a sound manifest', async () => {
    expect(await schemaProblems(withContainer({ stdin: true }))).toEqual([]);
  });

  it.each([
    ['an unknown field', { readynessProbe: {} }, /Pod sample: .*readynessProbe/],
    ['a wrong type', { stdin: 'yes' }, /Pod sample: .*stdin/],
    ['a missing field', { env: [{ value: 'v' }] }, /Pod sample: .*name/],
  ])('finds %s', async (_, fields, message) => {
    expect((await schemaProblems(withContainer(fields))).join('\n')).toMatch(message);
  });
});
