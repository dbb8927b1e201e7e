import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { findMongod } from '../../dev/binaries/mongod.ts';
import { spawnGuarded } from '../../dev/stack/child.ts';
import { linesOf, openRunLog } from '../../dev/stack/log-file.ts';
import { LOCALHOST } from '../../dev/stack/ports.ts';
import { poll } from '../../dev/stack/wait.ts';

const READY_TIMEOUT_MS = 30_000;
const STOP_GRACE_MS = 10_000;

/** A mongod that speaks TLS only and knows its users. */
export interface LockedMongo {
  readonly port: number;
  /** Makes the user, who may read and write this one database, and answers its connection string. */
  createUser(user: string, password: string, database: string): Promise<string>;
  stop(): Promise<void>;
}

export interface LockedMongoOptions {
  /** An empty folder, which the caller removes. */
  readonly folder: string;
  /** The file of the authority that signed the server's certificate. */
  readonly ca: string;
  /** The file of the server's certificate, with its key. */
  readonly certificate: string;
  /** Of the administrator, whom only this helper uses. */
  readonly rootPassword: string;
}

export async function startLockedMongo(options: LockedMongoOptions): Promise<LockedMongo> {
  const { folder, ca, certificate, rootPassword } = options;
  const dbDir = join(folder, 'db');
  await mkdir(dbDir);
  const { path } = await findMongod({});
  const log = await openRunLog(join(folder, 'mongod.log'), false);
  const args = [
    ...['--auth', '--dbpath', dbDir, '--bind_ip', LOCALHOST, '--port', '0', '--nounixsocket'],
    ...['--tlsMode', 'requireTLS', '--tlsCertificateKeyFile', certificate, '--tlsCAFile', ca],
    ...['--tlsAllowConnectionsWithoutCertificates', '--wiredTigerCacheSizeGB', '0.25'],
    ...['--setParameter', 'diagnosticDataCollectionEnabled=false'],
  ];
  const child = await spawnGuarded(path, args, {
    stdio: ['ignore', log.handle.fd, log.handle.fd],
  }).finally(() => log.handle.close());
  const stop = async () => {
    await child.stop(STOP_GRACE_MS);
  };

  async function admin(user: string | undefined, command: Record<string, unknown>, db = 'admin') {
    const login = user === undefined ? '' : `${user}:${rootPassword}@`;
    const client = new MongoClient(uriOf(login, 'admin'));
    await client
      .db(db)
      .command(command)
      .finally(() => client.close());
  }
  const uriOf = (login: string, database: string) =>
    `mongodb://${login}${LOCALHOST}:${port}/${database}?tls=true&tlsCAFile=${encodeURIComponent(ca)}`;

  const port = await poll(async () => {
    if (!child.isRunning()) throw new Error(`mongod stopped: see ${log.file}`);
    const listening = /"Waiting for connections","attr":\{"port":(\d+)/;
    const line = (await linesOf(log)).map((text) => listening.exec(text)?.[1]).find(Boolean);
    return line === undefined ? undefined : Number(line);
  }, READY_TIMEOUT_MS);
  if (port === undefined) {
    await stop();
    throw new Error(`mongod was not ready: see ${log.file}`);
  }
  // The first user is made without one, which mongod allows from its own machine.
  await admin(undefined, { createUser: 'root', pwd: rootPassword, roles: ['root'] });
  return {
    port,
    stop,
    async createUser(user, password, database) {
      const roles = [{ role: 'readWrite', db: database }];
      await admin('root', { createUser: user, pwd: password, roles }, database);
      return uriOf(`${user}:${encodeURIComponent(password)}@`, database);
    },
  };
}
