import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { EventReader } from '../event-store/event-store.ts';
import { jetStreamReader } from '../event-store/jetstream/jetstream-event-store.ts';
import { STREAM } from '../event-store/jetstream/names.ts';
import { provisionStreams, reportDrift } from '../event-store/jetstream/provision.ts';
import { connectToNats } from '../platform/connect-to-nats.ts';
import { createHttpServer } from '../platform/http-server.ts';
import {
  addressesOf,
  checkMongo,
  connectMongo,
  createMongoClient,
  databaseOf,
} from '../platform/mongo.ts';
import type { ConnectionState } from '../platform/nats.ts';
import { retryForever } from '../platform/retry.ts';
import { runService } from '../platform/service.ts';
import { accountProjection } from '../projections/account-projection.ts';
import { runProjectionHost } from '../projections/host.ts';
import type { ProjectionHost } from '../projections/host.ts';
import { projectionStatus } from '../projections/status.ts';
import { readConfig } from './config.ts';
import { projectionsRoute } from './http/projections-route.ts';
import { queryRoutes } from './http/routes.ts';
import { observeProjectors } from './metrics.ts';
import { projectorHealth } from './projector-health.ts';
import { readModels } from './read-models.ts';
import { readStore } from './read-store.ts';
import { servedBuild, starting } from './served-build.ts';

const SERVICE = 'account-query';

/** How long a read of the stream waits for its answer, in milliseconds. */
const READ_TIMEOUT_MS = 5_000;

/** How long a query waits for a write to become visible, in milliseconds. */
const VISIBILITY_TIMEOUT_MS = 2_000;

/** What is there once NATS and MongoDB are. */
interface Projecting {
  readonly host: ProjectionHost;
  readonly events: EventReader;
  readonly jsm: JetStreamManager;
}

await runService(SERVICE, readConfig, async (config, shell) => {
  const { log, metrics, shutdown } = shell;
  const { signal } = shutdown;
  const mongo = createMongoClient(config.mongoUri, SERVICE);
  const db = databaseOf(mongo);
  const health = projectorHealth();
  const state: { nats?: ConnectionState; projecting?: Projecting } = {};
  const served = servedBuild(() => {
    const projector = state.projecting?.host.current();
    return projector && state.projecting && { projector, events: state.projecting.events };
  }, VISIBILITY_TIMEOUT_MS);

  const http = await createHttpServer({
    title: 'jetbank queries',
    log,
    metrics,
    stopping: signal,
    checks: {
      nats: () => state.nats?.check() ?? { ok: false, detail: 'not connected yet' },
      mongo: () => checkMongo(mongo),
      projection: () => health.check(served.groups(), state.projecting?.host),
    },
  });
  const store = readStore(() => readModels(db, served.build()));
  queryRoutes(http, { store, untilVisible: (...wait) => served.untilVisible(...wait) });
  projectionsRoute(http, async () => {
    const { jsm } = state.projecting ?? {};
    if (jsm === undefined) throw starting();
    const status = await projectionStatus(db, jsm, accountProjection.name, Date.now());
    return status === undefined ? [] : [status];
  });
  await shell.listen(http, config);

  shutdown.onStop('connections', () => mongo.close());
  const connectedToNats = connectToNats(SERVICE, config.nats, shell).then(({ nc, connection }) => {
    state.nats = connection;
    return nc;
  });
  const connectedToMongo = retryForever(
    () => connectMongo(mongo),
    signal,
    (reason, waitMs) => log.warn({ reason, waitMs }, 'MongoDB cannot be reached: trying again'),
  );
  const [nc] = await Promise.all([connectedToNats, connectedToMongo]);
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
  if (ledger !== undefined) reportDrift(ledger, log);
  const events = jetStreamReader(jsm);
  const observe = observeProjectors(metrics, log);
  const host = runProjectionHost({
    projection: accountProjection,
    groups: config.projectionGroups,
    db,
    nc,
    js: jetstream(nc, { timeout: READ_TIMEOUT_MS }),
    jsm,
    events,
    provision: config.provision,
    observer: (group) => health.observe(group, observe(group)),
    hostObserver: {
      serving: (build) => log.info(build, 'queries are answered from this build'),
      paused: (paused) => log.info({ paused }, 'projecting paused or resumed'),
      failed: (error) => log.warn({ error }, 'which build is live cannot be followed right now'),
    },
    signal,
  });
  state.projecting = { host, events, jsm };
  shutdown.onStop('work', () => host.ended);
  log.info(
    'ready: every event reaches the read models exactly once; they lag, and minSequence waits for them',
  );
});
