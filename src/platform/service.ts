import { makeObjectsYoung } from './allocation.ts';
import { closerOf } from './close-server.ts';
import type { Environment } from './environment.ts';
import { ConfigError } from './environment.ts';
import type { HttpServer } from './http-types.ts';
import { createLogger } from './logger.ts';
import type { Logger } from './logger.ts';
import { messageOf } from './message-of.ts';
import { createMetrics } from './metrics.ts';
import type { Registry } from './metrics.ts';
import type { ServiceConfig } from './service-config.ts';
import { installShutdown } from './shutdown.ts';
import type { Shutdown } from './shutdown.ts';
import { startTracing } from './start-tracing.ts';
import type { Tracing } from './tracing.ts';

/** What a service's `main` gets. */
export interface ServiceShell {
  readonly log: Logger;
  readonly metrics: Registry;
  /** Undefined where no traces are wanted. */
  readonly tracing: Tracing | undefined;
  readonly shutdown: Shutdown;
  /** Starts to accept requests. @throws ListenError naming HOST and PORT when it cannot. */
  listen(server: HttpServer, address: ServiceConfig): Promise<void>;
}

/** The address is taken or none of this machine's: a setting to change, so its message says it all. */
class ListenError extends Error {
  override readonly name = 'ListenError';
}

/**
 * Runs a service from its settings to its end. A wrong setting or a taken port ends the process with
 * exit code 1 and one line that says what to change; a stop while it starts ends it with 0.
 */
export async function runService<C extends ServiceConfig>(
  service: string,
  readConfig: (env: Environment) => C,
  start: (config: C, shell: ServiceShell) => Promise<void>,
): Promise<void> {
  makeObjectsYoung();
  let config: C;
  try {
    config = readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    createLogger(service, 'info').fatal(`wrong settings: ${error.message}`);
    process.exitCode = 1;
    return;
  }
  const log = createLogger(service, config.logLevel);
  const shutdown = installShutdown(log, config.drainMs);
  try {
    const tracing = config.tracing && (await startTracing(service, config.tracing, log));
    if (tracing !== undefined) shutdown.onStop('connections', () => tracing.shutdown());
    const shell: ServiceShell = {
      log,
      tracing,
      metrics: createMetrics(service),
      shutdown,
      async listen(server, address) {
        shutdown.onStop('intake', closerOf(server));
        await listen(server, address, log);
      },
    };
    await start(config, shell);
  } catch (error) {
    if (shutdown.signal.aborted) return;
    if (error instanceof ListenError) log.fatal(error.message);
    else log.fatal({ error }, 'the service could not start');
    await shutdown.stop('failed to start');
    process.exit(1);
  }
}

async function listen(server: HttpServer, { host, port }: ServiceConfig, log: Logger) {
  try {
    await server.listen({ host, port });
  } catch (cause) {
    throw new ListenError(`HOST ${host}, PORT ${port}: cannot listen: ${messageOf(cause)}`, {
      cause,
    });
  }
  const address = server.server.address();
  const bound = typeof address === 'object' ? address?.port : undefined;
  log.info({ host, port: bound ?? port, pid: process.pid }, 'listening');
}
