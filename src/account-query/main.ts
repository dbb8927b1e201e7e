import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from 'nats';
import { jetStreamStores } from '../event-store/jetstream/jetstream-event-store.ts';
import type { JetStreamStores } from '../event-store/jetstream/jetstream-event-store.ts';
import { STREAM } from '../event-store/jetstream/names.ts';
import { provisionStreams } from '../event-store/jetstream/provision.ts';
import { createHttpServer } from '../platform/http-server.ts';
import {
  addressesOf,
  checkMongo,
  connectMongo,
  createMongoClient,
  databaseOf,
} from '../platform/mongo.ts';
import { connectNats, inboxPrefixOf, watchConnection } from '../platform/nats.ts';
import type { ConnectionState } from '../platform/nats.ts';
import { retryForever } from '../platform/retry.ts';
import { runService } from '../platform/service.ts';
import { accountProjection } from '../projections/account-projection.ts';
import { accountDocuments } from '../projections/accounts.ts';
import { projectionPosition } from '../projections/position.ts';
import { runProjector } from '../projections/projector.ts';
import { readModelStore } from '../projections/read-model-store.ts';
import { transactionLines } from '../projections/transactions.ts';
import { readConfig } from './config.ts';
import { queryRoutes } from './http/routes.ts';
import { liveFeed } from './live/feed.ts';
import { liveMetrics } from './live/metrics.ts';
import { observeProjector } from './metrics.ts';
import { projectorHealth } from './projector-health.ts';
import { readStore } from './read-store.ts';
import { untilVisible } from './until-visible.ts';

const SERVICE = 'account-query';

/** How long a read of the stream waits for its answer, in milliseconds. */
const READ_TIMEOUT_MS = 5_000;

await runService(SERVICE, readConfig, async (config, shell) => {
  const { log, metrics, shutdown } = shell;
  const { signal } = shutdown;
  const mongo = createMongoClient(config.mongoUri, SERVICE);
  const db = databaseOf(mongo);
  const position = projectionPosition();
  const projector = projectorHealth(observeProjector(metrics, log, accountProjection.name));
  const state: { nats?: ConnectionState; log?: JetStreamStores } = {};

  const http = await createHttpServer({
    title: 'jetbank queries',
    log,
    metrics,
    stopping: signal,
    checks: {
      nats: () => state.nats?.check() ?? { ok: false, detail: 'not connected yet' },
      mongo: () => checkMongo(mongo),
      projection: projector.check,
    },
  });
  const store = readStore(() => ({
    accounts: db.collection(accountDocuments.name),
    transactions: db.collection(transactionLines.name),
  }));
  const live = liveMetrics(metrics);
  const feed = liveFeed({
    events: () => state.log?.events,
    position,
    maxClients: config.liveClients,
    onClients: live.clients,
    onFailure: (error) => log.warn({ error }, 'live events wait: the log cannot be read'),
  });
  queryRoutes(http, {
    store,
    log: () => state.log,
    live: { feed, onDropped: live.dropped },
    position: position.current,
    untilVisible: untilVisible(position),
    stopping: signal,
  });
  await shell.listen(http, config);

  shutdown.onStop('connections', () => mongo.close());
  async function connectToNats(): Promise<NatsConnection> {
    const connection = await retryForever(
      () => connectNats(SERVICE, config.nats),
      signal,
      (reason, waitMs) => log.warn({ reason, waitMs }, 'NATS cannot be reached: trying again'),
    );
    shutdown.onStop('connections', () => connection.drain());
    state.nats = watchConnection(connection, log);
    return connection;
  }
  const connectedToMongo = retryForever(
    () => connectMongo(mongo),
    signal,
    (reason, waitMs) => log.warn({ reason, waitMs }, 'MongoDB cannot be reached: trying again'),
  );
  const [nc] = await Promise.all([connectToNats(), connectedToMongo]);
  log.info(
    { nats: nc.getServer(), mongo: addressesOf(mongo), database: db.databaseName },
    'connected',
  );

  const jsm = await jetstreamManager(nc, { checkAPI: false, timeout: READ_TIMEOUT_MS });
  const [ledger] = await retryForever(
    () =>
      provisionStreams(jsm, {
        create: config.provision,
        replicas: config.streamReplicas,
        names: [STREAM],
      }),
    signal,
    (reason, waitMs) => log.warn({ reason, waitMs }, 'the streams are not ready: trying again'),
  );
  if (ledger !== undefined && ledger.drift.length > 0) {
    const { name, drift } = ledger;
    log.warn({ stream: name, drift }, 'the stream differs from streams/; nothing was changed');
  }
  state.log = await jetStreamStores(nc, {
    timeoutMs: READ_TIMEOUT_MS,
    inboxPrefix: inboxPrefixOf(SERVICE),
  });
  const projecting = runProjector({
    projection: accountProjection,
    store: readModelStore(db, accountProjection),
    js: jetstream(nc, { timeout: READ_TIMEOUT_MS }),
    jsm,
    events: state.log.events,
    position,
    provision: config.provision,
    observer: projector.observer,
    signal,
  });
  shutdown.onStop('work', () => projecting);
  log.info(
    'ready: every event reaches the read models exactly once; they lag, and minSequence waits for them',
  );
});
