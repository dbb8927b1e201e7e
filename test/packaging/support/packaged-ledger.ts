import { jetstreamManager } from '@nats-io/jetstream';
import type { ConsumerInfo, JetStreamManager } from '@nats-io/jetstream';
import { connect } from 'nats';
import type { NatsConnection, NodeConnectionOptions } from 'nats';
import tls from 'node:tls';
import type { PeerCertificate } from 'node:tls';
import { LOCALHOST } from '../../../dev/stack/ports.ts';
import { poll } from '../../../dev/stack/wait.ts';
import { startPackagedCluster } from './packaged-nats.ts';
import type { PackagedCluster, PackagedNode } from './packaged-nats.ts';
import { inRepository } from './repository.ts';
import { run } from './run.ts';

export const SUBJECT = 'bank.account.7.4f5a3c1e-0000-4000-8000-000000000001';
export const TIMEOUT_MS = 10_000;

/** The cluster of `nats-deployment/`, with the ledger's streams and consumers. */
export interface PackagedLedger {
  readonly nodes: readonly PackagedNode[];
  readonly urls: readonly string[];
  /** The file of the authority that signed the servers' certificate. */
  readonly ca: string;
  readonly renewCertificate: PackagedCluster['renewCertificate'];
  passwordOf(user: string): string;
  /** As the services connect: each with an inbox prefix of its own. */
  connectAs(user: string, inboxPrefix?: string): Promise<NatsConnection>;
  stop(): Promise<void>;
}

export async function startPackagedLedger(): Promise<PackagedLedger> {
  const cluster = await startPackagedCluster();
  const connections: NatsConnection[] = [];
  const passwordOf = (user: string) => cluster.passwords.get(user) ?? '';
  const ledger: PackagedLedger = {
    nodes: cluster.nodes,
    urls: cluster.urls,
    ca: cluster.ca,
    renewCertificate: () => cluster.renewCertificate(),
    passwordOf,
    async connectAs(user, inboxPrefix = `_INBOX.${user}`) {
      const pass = passwordOf(user);
      const options = { ...reach(ledger), user, pass, inboxPrefix, timeout: TIMEOUT_MS };
      const nc = await connect(options);
      connections.push(nc);
      return nc;
    },
    async stop() {
      await Promise.all(connections.map((nc) => nc.close()));
      await cluster.stop();
    },
  };
  try {
    await applyStreams(ledger);
    return ledger;
  } catch (error) {
    await ledger.stop();
    throw error;
  }
}

/** What the client library needs to find and trust the servers, or those of them at `urls`. */
export function reach(
  { urls, ca: caFile }: PackagedLedger,
  some: readonly string[] = urls,
): NodeConnectionOptions {
  // Node checks a server without a name against "localhost", which is not in the certificate.
  const checkServerIdentity = (_: string, certificate: PeerCertificate) =>
    tls.checkServerIdentity(LOCALHOST, certificate);
  const options = { caFile, checkServerIdentity };
  return { servers: [...some], tls: options };
}

/**
 * What the chart's job does, with the operator's credentials, and like it again after a failure:
 * for a moment after their start the servers find "no suitable peers" for a stream of three copies.
 */
async function applyStreams(ledger: PackagedLedger): Promise<void> {
  const entrypoint = inRepository('deploy', 'docker-entrypoint.sh');
  const env = {
    PATH: process.env['PATH'],
    NATS_URL: ledger.urls.join(','),
    NATS_TLS_CA: ledger.ca,
    NATS_USER: 'operator',
    NATS_PASSWORD: ledger.passwordOf('operator'),
    STREAM_REPLICAS: '3',
  };
  let failure = '';
  const applied = await poll(async () => {
    const { code, stderr } = await run('sh', [entrypoint, 'jetbank', 'streams', 'apply'], { env });
    failure = stderr;
    return code === 0 ? true : undefined;
  }, TIMEOUT_MS);
  if (applied === undefined) throw new Error(`"jetbank streams apply" failed: ${failure}`);
}

export const managerOf = (nc: NatsConnection): Promise<JetStreamManager> =>
  jetstreamManager(nc, { checkAPI: false, timeout: TIMEOUT_MS });

/** The durable consumer that the account's events go to. */
export async function consumerOf(jsm: JetStreamManager, subject: string): Promise<ConsumerInfo> {
  for await (const consumer of jsm.consumers.list('ACCOUNTS')) {
    const { filter_subject, filter_subjects = [] } = consumer.config;
    const filters = filter_subject === undefined ? filter_subjects : [filter_subject];
    if (filters.some((filter) => subject.startsWith(filter.replace(/>$/, '')))) return consumer;
  }
  throw new Error(`no consumer gets ${subject}`);
}

/** The events of the account, as a direct batch get reads them. */
export function readBatch(jsm: JetStreamManager): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const events: string[] = [];
    jsm.direct
      .getBatch('ACCOUNTS', {
        seq: 1,
        next_by_subj: SUBJECT,
        batch: 10,
        callback: (done, message) => {
          if (done === null) events.push(message.string());
          else if (done.err === undefined) resolve(events);
          else reject(done.err);
        },
      })
      .catch(reject);
  });
}
