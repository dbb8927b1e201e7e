import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findNatsServer } from '../../../dev/binaries/nats-server.ts';
import { spawnGuarded } from '../../../dev/stack/child.ts';
import type { GuardedChild } from '../../../dev/stack/child.ts';
import { LOCALHOST, freePorts } from '../../../dev/stack/ports.ts';
import { poll } from '../../../dev/stack/wait.ts';
import { testAuthority } from '../../support/certificates.ts';
import { generatedSecrets, natsDeployment, pick } from './manifests.ts';
import { run } from './run.ts';
import type { Finished } from './run.ts';
import type { ConfigMap } from './workload.ts';

const NODES = 3;
const READY_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 10_000;

/** The cluster of `nats-deployment/`, as processes of this machine. */
export interface PackagedCluster {
  readonly nodes: readonly PackagedNode[];
  readonly urls: readonly string[];
  /** By user. */
  readonly passwords: ReadonlyMap<string, string>;
  /** The file of the authority that signed the servers' certificate. */
  readonly ca: string;
  /** Puts another certificate of the same authority in its place, where the servers do not look yet. */
  renewCertificate(): Promise<void>;
  stop(): Promise<void>;
}

export interface PackagedNode {
  readonly url: string;
  readonly monitorUrl: string;
  readonly child: GuardedChild;
  /** Changes the file that comes from the Secret. */
  writePasswords(change: (text: string) => string): Promise<void>;
  /** `nats-server --signal NAME=PIDFILE`, as in the container. */
  signal(name: string): Promise<Finished>;
}

/**
 * Starts three servers with the ConfigMap's files, the passwords that secrets.sh makes, and certificates
 * of the test's own. Of the configuration only what a pod gives by itself is replaced: addresses, ports
 * and folders.
 */
export async function startPackagedCluster(): Promise<PackagedCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'jetbank-nats-'));
  const [servers, ...clients] = await generatedSecrets();
  const passwords = new Map(
    clients.map(({ stringData }) => [stringData['user'] ?? '', stringData['password'] ?? '']),
  );
  const ports = await freePorts(NODES * 3);
  const members = Array.from({ length: NODES }, (_, index) => ({
    name: `nats-${index}`,
    port: ports[index * 3] ?? 0,
    routePort: ports[index * 3 + 1] ?? 0,
    monitorPort: ports[index * 3 + 2] ?? 0,
  }));
  const passwordsFile = members.reduce(
    (text, { name, routePort }) =>
      replaced(text, `${name}.nats-headless:6222`, `${LOCALHOST}:${routePort}`),
    servers?.stringData['passwords.conf'] ?? '',
  );
  const nodes: PackagedNode[] = [];
  const stop = async () => {
    await Promise.all(nodes.map(({ child }) => child.stop(STOP_GRACE_MS)));
    await rm(folder, { recursive: true, force: true });
  };
  const authority = await testAuthority(folder);
  const renewCertificate = async () => {
    await authority.issue('tls', [LOCALHOST]);
  };
  try {
    await renewCertificate();
    for (const member of members) {
      nodes.push(await startNode(join(folder, member.name), member, passwordsFile));
    }
    const ready = await poll(() => allHealthy(nodes), READY_TIMEOUT_MS);
    if (ready === undefined) throw new Error(`the cluster did not become healthy: see ${folder}`);
  } catch (error) {
    await stop();
    throw error;
  }
  const urls = nodes.map(({ url }) => url);
  return { nodes, urls, passwords, ca: authority.ca, renewCertificate, stop };
}

interface Member {
  readonly name: string;
  readonly port: number;
  readonly routePort: number;
  readonly monitorPort: number;
}

async function startNode(folder: string, member: Member, secret: string): Promise<PackagedNode> {
  await mkdir(folder, { recursive: true });
  const file = (name: string) => join(folder, name);
  const pidFile = file('nats.pid');
  await writeFile(file('nats.conf'), localConfig(member, folder, pidFile));
  await writeFile(file('accounts.conf'), packagedConfig('accounts.conf'));
  await writeFile(file('passwords.conf'), secret);

  const { path } = await findNatsServer();
  const log = await open(file('nats.log'), 'a');
  const child = await spawnGuarded(path, ['--config', file('nats.conf')], {
    stdio: ['ignore', log.fd, log.fd],
    env: { ...process.env, POD_NAME: member.name },
  }).finally(() => log.close());
  return {
    url: `tls://${LOCALHOST}:${member.port}`,
    monitorUrl: `http://${LOCALHOST}:${member.monitorPort}`,
    child,
    writePasswords: (change) => writeFile(file('passwords.conf'), change(secret)),
    signal: (name) => run(path, ['--signal', `${name}=${pidFile}`]),
  };
}

function localConfig(member: Member, folder: string, pidFile: string): string {
  const changes: [string, string][] = [
    ['port: 4222', `port: ${member.port}`],
    ['port: 6222', `port: ${member.routePort}`],
    ['http_port: 8222', `http: "${LOCALHOST}:${member.monitorPort}"`],
    ['store_dir: /data', `store_dir: "${join(folder, 'data')}"`],
    ['/etc/nats-tls/', `${dirname(folder)}/`],
    ['pid_file: /var/run/nats/nats.pid', `pid_file: "${pidFile}"`],
    ['host: 0.0.0.0', `host: ${LOCALHOST}`],
  ];
  return changes.reduce((text, [from, to]) => replaced(text, from, to), packagedConfig());
}

/** A file of the ConfigMap. */
export function packagedConfig(name: 'nats.conf' | 'accounts.conf' = 'nats.conf'): string {
  const { data } = pick(natsDeployment(), 'ConfigMap') as ConfigMap;
  return data[name] ?? '';
}

function replaced(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`the packaged configuration has no "${from}"`);
  return text.replaceAll(from, to);
}

/** The startup probe of the pods: JetStream runs and has caught up. */
async function allHealthy(nodes: readonly PackagedNode[]): Promise<true | undefined> {
  for (const { child, monitorUrl } of nodes) {
    if (!child.isRunning()) throw new Error('a server stopped while starting');
    const answer = await fetch(`${monitorUrl}/healthz`).catch(() => undefined);
    if (answer?.status !== 200) return undefined;
  }
  return true;
}
