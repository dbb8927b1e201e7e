import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tempFolder } from '../support/temp-folder.ts';
import type { TempFolder } from '../support/temp-folder.ts';
import { schemaProblems } from './support/kubernetes-schemas.ts';
import {
  generatedSecrets,
  natsDeployment,
  only,
  parseManifests,
  pick,
} from './support/manifests.ts';
import type { Manifest } from './support/manifests.ts';
import { inRepository, readText } from './support/repository.ts';
import { run } from './support/run.ts';
import { selects } from './support/workload.ts';
import type { ConfigMap, NetworkPolicy, Service, Workload } from './support/workload.ts';

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

  it('has one list of users, for the cluster and for a single node', () => {
    const { data } = pick(manifests, 'ConfigMap') as ConfigMap;
    expect(readText('nats-deployment/single-node/accounts.conf')).toBe(data['accounts.conf']);
  });

  it('selects the pods that it makes', () => {
    const { labels } = statefulSet.spec.template.metadata;
    expect(selects(statefulSet.spec.selector?.matchLabels ?? {}, labels)).toBe(true);
    for (const name of ['nats', 'nats-headless']) {
      const { spec } = pick(manifests, 'Service', name) as Service;
      expect(selects(spec.selector, labels)).toBe(true);
    }
  });

  it('lets in labelled clients and monitors, and its own servers', () => {
    const { spec } = pick(manifests, 'NetworkPolicy') as NetworkPolicy;
    const labelled = (name: string) => [
      { namespaceSelector: {}, podSelector: { matchLabels: { [name]: 'true' } } },
    ];
    const own = { 'app.kubernetes.io/name': 'nats', 'app.kubernetes.io/part-of': 'jetbank' };
    const on = (port: string) => [{ port, protocol: 'TCP' }];
    expect(spec.ingress).toEqual([
      { ports: on('client'), from: labelled('jetbank/nats-client') },
      { ports: on('cluster'), from: [{ podSelector: { matchLabels: own } }] },
      { ports: on('monitor'), from: labelled('jetbank/nats-monitor') },
    ]);
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

const openssl = await run('openssl', ['version']).catch(() => undefined);

describe.skipIf(openssl === undefined)('the certificates that openssl makes', () => {
  let folder: TempFolder;
  beforeAll(async () => {
    folder = await tempFolder('certificates');
  });
  afterAll(() => folder.remove());

  it('are a Secret of the servers and one of every client', async () => {
    const secrets = await generatedSecrets(['bank', 'bank.example', '10.1.2.3']);
    expect(await schemaProblems(secrets)).toEqual([]);
    const [tls, ca] = secrets.slice(-2);
    expect([tls?.metadata.name, ca?.metadata.name]).toEqual(['nats-tls', 'nats-ca']);
    expect(Object.keys(tls?.stringData ?? {})).toEqual(['tls.crt', 'tls.key', 'ca.crt']);
    expect(ca?.stringData).toEqual({ 'ca.crt': tls?.stringData['ca.crt'] });

    const authority = new X509Certificate(ca?.stringData['ca.crt'] ?? '');
    const certificate = new X509Certificate(tls?.stringData['tls.crt'] ?? '');
    expect(authority.ca).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(certificate.checkIssued(authority)).toBe(true);
    expect(certificate.verify(authority.publicKey)).toBe(true);
    const key = createPrivateKey(tls?.stringData['tls.key'] ?? '');
    expect(certificate.checkPrivateKey(key)).toBe(true);
    for (const name of [
      'nats',
      'nats.bank',
      'nats.bank.svc',
      'nats-2.nats-headless',
      'bank.example',
    ]) {
      expect(certificate.checkHost(name), name).toBeDefined();
    }
    for (const address of ['10.1.2.3', '127.0.0.1']) {
      expect(certificate.checkIP(address), address).toBe(address);
    }
    expect(certificate.checkHost('nats.other')).toBeUndefined();
  });

  it('are with the passwords of a single node, once', async () => {
    const script = inRepository('nats-deployment', 'single-node', 'secrets.sh');
    const args = [script, folder.path, 'localhost'];
    expect(await run('sh', args)).toMatchObject({ code: 0, stderr: '' });
    const file = (name: string) => readFile(join(folder.path, name), 'utf8');
    const passwords = await file('passwords.conf');
    for (const user of ['sys', 'account-cmd', 'account-query', 'operator']) {
      const variable = `${user.replace('-', '_').toUpperCase()}_PASSWORD`;
      expect(passwords).toContain(`${variable}: "${await file(`${user}.password`)}"`);
    }
    const { mode } = await stat(join(folder.path, 'tls.key'));
    expect(mode & 0o077).toBe(0);
    expect(await run('sh', args)).toMatchObject({ code: 1 });
    expect(await file('passwords.conf')).toBe(passwords);
  });

  it('are asked for in the right way', async () => {
    for (const [script, ...args] of [['secrets.sh'], ['certificates.sh', folder.path]]) {
      const { code, stderr } = await run('sh', [
        inRepository('nats-deployment', script ?? ''),
        ...args,
      ]);
      expect(stderr).toMatch(/^usage: /);
      expect(code).toBe(64);
    }
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
