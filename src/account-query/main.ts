import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamManager } from '@nats-io/jetstream';
import {
  jetStreamReader,
  jetStreamSnapshots,
} from '../event-store/jetstream/jetstream-event-store.ts';
import { STREAM } from '../event-store/jetstream/names.ts';
import { provisionStreams, reportDrift } from '../event-store/jetstream/provision.ts';
import { connectToNats } from '../platform/connect-to-nats.ts';
import { createHttpServer } from '../platform/http-server.ts';
import { checkMongo, connectMongo, createMongoClient, databaseOf } from '../platform/mongo.ts';
import { mongoMetrics } from '../platform/mongo-metrics.ts';
import type { ConnectionState } from '../platform/nats.ts';
import { retryForever } from '../platform/retry.ts';
import { runService } from '../platform/service.ts';
import { accountProjection } from '../projections/account-projection.ts';
import { runProjectionHost } from '../projections/host.ts';
import type { ProjectionHost } from '../projections/host.ts';
import { projectionPosition } from '../projections/position.ts';
import { projectionStatus } from '../projections/status.ts';
import { readConfig } from './config.ts';
import { projectionsRoute } from './http/projections-route.ts';
import { queryRoutes } from './http/routes.ts';
import { liveFeed } from './live/feed.ts';
import { liveMetrics } from './live/metrics.ts';
import { observeProjectors } from './metrics.ts';
import type { EventLog } from './past-account.ts';
import { projectorHealth } from './projector-health.ts';
import { readModels } from './read-models.ts';
import { readStore } from './read-store.ts';
import { servedBuild, starting } from './served-build.ts';
import { statusMetrics } from './status-metrics.ts';
import { tracedProjector } from './traced-projector.ts';

const SERVICE = 'account-query';

/** How long a read of the stream waits for its answer, in milliseconds. */
const READ_TIMEOUT_MS = 5_000;

/** How long a query waits for a write to become visible, in milliseconds. */
const VISIBILITY_TIMEOUT_MS = 2_000;

/** Live clients look up after such a part of what makes one stalled: soon enough for a heartbeat. */
const LIVE_LOOK_PART = 1 / 8;

/** What is there once NATS and MongoDB are. */
interface Connected {
  nats?: ConnectionState;
  jsm?: JetStreamManager;
  log?: EventLog;
  host?: ProjectionHost;
}

await runService(SERVICE, readConfig, async (config, shell) => {
  const { log, metrics, tracing, shutdown } = shell;
  const { signal } = shutdown;
  const mongo = createMongoClient(config.mongoUri, SERVICE);
  mongoMetrics(metrics, mongo);
  const db = databaseOf(mongo);
  const health = projectorHealth();
  const state: Connected = {};
  const served = servedBuild(() => {
    const projector = state.host?.current();
    return projector && state.log && { projector, events: state.log.events };
  }, VISIBILITY_TIMEOUT_MS);

  const http = await createHttpServer({
    title: 'jetbank queries',
    auth: config.auth,
    scope: 'accounts:read',
    tls: config.tls,
    log,
    metrics,
    tracing,
    draining: shutdown.draining,
    stopping: signal,
    checks: {
      nats: () => state.nats?.check() ?? { ok: false, detail: 'not connected yet' },
      mongo: () => checkMongo(mongo),
      projection: () => health.check(served.groups(), state.host),
    },
  });
  const live = liveMetrics(metrics);
  const projectors = observeProjectors(metrics, log);
  const newest = projectionPosition();
  const feed = liveFeed({
    events: () => state.log?.events,
    position: newest,
    maxClients: config.liveClients,
    lookEveryMs: config.liveStalledMs * LIVE_LOOK_PART,
    stopping: signal,
    onClients: live.clients,
    onFailure: (error) => log.warn({ error }, 'live events wait: the log cannot be read'),
    onUnreadable: ({ sequence, accountId, error }) =>
      log.warn({ sequence, accountId, error }, 'live events leave out what cannot be read'),
  });
  queryRoutes(http, {
    store: readStore(() => readModels(db, served.build())),
    log: () => state.log,
    live: { feed, stalledMs: config.liveStalledMs, onDropped: live.dropped },
    position: () => served.position(),
    untilVisible: (...wait) => served.untilVisible(...wait),
    stopping: signal,
  });
  async function status() {
    const { jsm } = state;
    if (jsm === undefined) throw starting();
    const found = await projectionStatus(db, jsm, accountProjection.name, Date.now());
    return found === undefined ? [] : [found];
  }
  projectionsRoute(http, status);
  statusMetrics(metrics, {
    status,
    lastSequence: async () => state.log?.events.lastSequence(),
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
  ).then((identity) => {
    log.info(identity, `MongoDB is there, ${identity.tls ? 'over TLS' : 'in plain text'}`);
  });
  const [nc] = await Promise.all([connectedToNats, connectedToMongo]);

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
  const js = jetstream(nc, { timeout: READ_TIMEOUT_MS });
  const events = jetStreamReader(jsm);
  state.jsm = jsm;
  state.log = { events, snapshots: await jetStreamSnapshots(js) };
  const host = runProjectionHost({
    projection: accountProjection,
    groups: config.projectionGroups,
    db,
    nc,
    js,
    jsm,
    events,
    provision: config.provision,
    onAdvance: (sequence) => newest.advance(sequence),
    observer(group) {
      const observer = health.observe(group, projectors.observer(group));
      return tracing === undefined ? observer : tracedProjector(tracing, group, observer);
    },
    hostObserver: {
      serving(build) {
        projectors.serving(build);
        log.info(build, 'queries are answered from this build');
      },
      paused: (paused) => log.info({ paused }, 'projecting paused or resumed'),
      failed: (error) => log.warn({ error }, 'which build is live cannot be followed right now'),
    },
    signal,
  });
  state.host = host;
  shutdown.onStop('work', () => host.ended);
  log.info(
    'ready: NATS and MongoDB are there; the read models follow the log, and minSequence waits for them',
  );
});
