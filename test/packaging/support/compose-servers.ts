import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { findMongod } from '../../../dev/binaries/mongod.ts';
import { findNatsServer } from '../../../dev/binaries/nats-server.ts';
import { spawnGuarded } from '../../../dev/stack/child.ts';
import type { GuardedChild } from '../../../dev/stack/child.ts';
import { launchMongo } from '../../../dev/stack/mongo-process.ts';
import { DEFAULT_PORT_HINT, LOCALHOST, freePorts } from '../../../dev/stack/ports.ts';
import { eventually } from '../../support/await.ts';
import { readText } from './repository.ts';

const MEMBERS = [1, 2, 3] as const;
const READY_MS = 30_000;
/** Nobody needs the data any more, and a primary takes ten seconds to hand over before it stops. */
const STOP_GRACE_MS = 500;

/** Servers as processes of this machine, by their names in docker-compose.yml. */
export interface ComposeServers {
  /** `HOST:PORT` here of each `NAME:PORT` there. */
  readonly addresses: ReadonlyMap<string, string>;
  stop(): Promise<void>;
}

/** `text` with every address of docker-compose.yml replaced by the one on this machine. */
export function onThisMachine(text: string, { addresses }: ComposeServers): string {
  return [...addresses].reduce((sum, [from, to]) => sum.replaceAll(from, to), text);
}

/** Three nats-servers with the configuration of the profile `cluster`; of it only addresses and folders are replaced. */
export async function startComposeNats(folder: string): Promise<ComposeServers> {
  const ports = await freePorts(MEMBERS.length * 3);
  const port = (member: number, which: number) => ports[(member - 1) * 3 + which] ?? 0;
  const routes = MEMBERS.map((member) => [
    `nats-${member}:6222`,
    `${LOCALHOST}:${port(member, 1)}`,
  ]);
  const { path } = await findNatsServer();
  const children: GuardedChild[] = [];
  const stop = async () => {
    await Promise.all(children.map((child) => child.stop(STOP_GRACE_MS)));
  };
  for (const member of MEMBERS) {
    const own = join(folder, `nats-${member}`);
    await mkdir(own, { recursive: true });
    const changes = [
      ...routes,
      ['port: 4222', `port: ${port(member, 0)}`],
      ['port: 6222', `port: ${port(member, 1)}`],
      ['http_port: 8222', `http: "${LOCALHOST}:${port(member, 2)}"`],
      ['store_dir: /data', `store_dir: "${join(own, 'data')}"`],
      ['host: 0.0.0.0', `host: ${LOCALHOST}`],
    ];
    const config = readText('deploy/compose/nats-cluster.conf');
    await writeFile(join(own, 'nats.conf'), changes.reduce(replaced, config));
    const log = await open(join(own, 'nats.log'), 'a');
    children.push(
      await spawnGuarded(path, ['--config', join(own, 'nats.conf')], {
        stdio: ['ignore', log.fd, log.fd],
        env: { ...process.env, NATS_NAME: `nats-${member}` },
      }).finally(() => log.close()),
    );
  }
  // The health check of the containers.
  const healthy = async (member: number) => {
    const url = `http://${LOCALHOST}:${port(member, 2)}/healthz?js-server-only=true`;
    return (await fetch(url).catch(() => undefined))?.status === 200;
  };
  try {
    for (const member of MEMBERS) {
      await eventually(() => healthy(member), { timeoutMs: READY_MS, what: `nats-${member}` });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const address = (member: number) =>
    [`nats-${member}:4222`, `${LOCALHOST}:${port(member, 0)}`] as const;
  return { addresses: new Map(MEMBERS.map(address)), stop };
}

/** Three mongods that wait for somebody to make a replica set of them. */
export async function startComposeMongo(folder: string): Promise<ComposeServers> {
  const { path: binary } = await findMongod();
  const launched = await Promise.all(
    MEMBERS.map(async (member) => {
      const dbDir = join(folder, `mongo-${member}`);
      await mkdir(dbDir, { recursive: true });
      const logFile = join(folder, `mongo-${member}.log`);
      return launchMongo({
        ...{ binary, dbDir, logFile, append: false, host: LOCALHOST, port: 0 },
        ...{ portHint: DEFAULT_PORT_HINT, replSet: 'rs0' },
      });
    }),
  );
  return {
    addresses: new Map(
      launched.map(({ port }, index) => [`mongo-${index + 1}:27017`, `${LOCALHOST}:${port}`]),
    ),
    async stop() {
      await Promise.all(launched.map(({ child }) => child.stop(STOP_GRACE_MS)));
    },
  };
}

/**
 * Runs a script of mongosh with those of its functions that ours use, and returns what it prints.
 * Like mongosh it waits for each call, though the script does not say so.
 */
export async function runMongosh(script: string, address: string): Promise<string[]> {
  const client = new MongoClient(`mongodb://${address}/`, { directConnection: true });
  const printed: string[] = [];
  const command = (body: object) => client.db('admin').command(body);
  const globals = {
    rs: {
      status: () => command({ replSetGetStatus: 1 }),
      initiate: (config: object) => command({ replSetInitiate: config }),
    },
    db: { hello: () => command({ hello: 1 }) },
    print: (line: string) => printed.push(line),
    sleep: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
  const waiting = script.replaceAll(/\b(?:rs\.|db\.|sleep\()/g, 'await $&');
  const module = `export default async ({ ${Object.keys(globals).join()} }) => { ${waiting} }`;
  const url = `data:text/javascript,${encodeURIComponent(module)}`;
  const loaded = (await import(url)) as { default(given: typeof globals): Promise<void> };
  try {
    await loaded.default(globals);
    return printed;
  } finally {
    await client.close();
  }
}

function replaced(text: string, [from = '', to = '']: readonly string[]): string {
  if (!text.includes(from)) throw new Error(`the configuration has no "${from}"`);
  return text.replaceAll(from, to);
}
