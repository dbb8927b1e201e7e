import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from 'nats';
import { jetStreamStores } from '../event-store/jetstream/jetstream-event-store.ts';
import { durabilityOf, provisionStreams, reportDrift } from '../event-store/jetstream/provision.ts';
import { connectToNats } from '../platform/connect-to-nats.ts';
import { createHttpServer } from '../platform/http-server.ts';
import { inboxPrefixOf } from '../platform/nats.ts';
import type { ConnectionState } from '../platform/nats.ts';
import { retryForever } from '../platform/retry.ts';
import { runService } from '../platform/service.ts';
import type { ServiceShell } from '../platform/service.ts';
import { createCommandService } from './command-service.ts';
import type { CommandService } from './command-service.ts';
import { loggedCommands } from './command-log.ts';
import { readConfig } from './config.ts';
import type { Config } from './config.ts';
import { runHoldExpiry } from './hold-expiry.ts';
import { commandRoutes } from './http/routes.ts';
import { commandMetrics } from './metrics.ts';
import { tracedAppends } from './traced-appends.ts';

const SERVICE = 'account-cmd';

/** How long an append waits for its acknowledgement, in milliseconds. */
const APPEND_TIMEOUT_MS = 2_000;

/** What the routes need, once NATS and the streams are there. */
interface Running {
  readonly commands: CommandService;
  readonly connection: ConnectionState;
}

await runService(SERVICE, readConfig, async (config, shell) => {
  const { log, metrics, tracing, shutdown } = shell;
  const state: { running: Running | undefined } = { running: undefined };

  const http = await createHttpServer({
    title: 'jetbank commands',
    auth: config.auth,
    scope: 'accounts:write',
    tls: config.tls,
    log,
    metrics,
    tracing,
    draining: shutdown.draining,
    stopping: shutdown.signal,
    checks: {
      nats: () => state.running?.connection.check() ?? { ok: false, detail: 'not connected yet' },
    },
  });
  commandRoutes(http, {
    defaultCurrency: config.defaultCurrency,
    service() {
      const { running } = state;
      if (running === undefined) return { unavailable: 'the service is starting' };
      if (!running.connection.connected()) return { unavailable: 'NATS is away' };
      return running.commands;
    },
  });
  const counted = commandMetrics(metrics, {
    waiting: () => state.running?.commands.waiting() ?? 0,
    open: () => state.running?.commands.open() ?? 0,
  });
  await shell.listen(http, config);

  const { nc, connection } = await connectToNats(SERVICE, config.nats, shell);
  await retryForever(
    () => prepareStreams(nc, config, shell),
    shutdown.signal,
    (reason, waitMs) => log.warn({ reason, waitMs }, 'the streams are not ready: trying again'),
  );

  const stores = await jetStreamStores(nc, {
    timeoutMs: APPEND_TIMEOUT_MS,
    inboxPrefix: inboxPrefixOf(SERVICE),
  });
  const commands = createCommandService({
    ...stores,
    ...(tracing && { events: tracedAppends(stores.events, tracing) }),
    observer: loggedCommands(counted, log),
    rememberRejections: config.rememberRejections,
    frozenTakesMoney: config.frozenTakesMoney,
    limits: config.limits,
  });
  const expiry = runHoldExpiry({
    js: jetstream(nc),
    jsm: await jetstreamManager(nc, { checkAPI: false }),
    provision: config.provision,
    commands,
    timers: stores.timers,
    log,
    signal: shutdown.signal,
  });
  shutdown.onStop('work', () => expiry);
  shutdown.onStop('work', () => commands.drain());
  state.running = { commands, connection };
  log.info({ nats: nc.getServer() }, 'ready');
});

async function prepareStreams(nc: NatsConnection, config: Config, { log }: ServiceShell) {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  const options = { create: config.provision, replicas: config.streamReplicas };
  for (const stream of await provisionStreams(jsm, options)) {
    const { name, created, info } = stream;
    const { storage, num_replicas: replicas } = info.config;
    log.info({ stream: name, storage, replicas, created }, durabilityOf(info));
    reportDrift(stream, log);
  }
}
