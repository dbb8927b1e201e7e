import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describeChoice } from '../binaries/choice.ts';
import { findNatsServer } from '../binaries/nats-server.ts';
import { requireWritableFolder } from './data-folder.ts';
import { launchNats } from './nats-process.ts';
import type { NatsLaunch } from './nats-process.ts';
import { DEFAULT_PORT_HINT, LOCALHOST } from './ports.ts';
import { controlled } from './server.ts';
import type { ServerControl, ServerFacts, ServerOptions } from './server.ts';

export interface NatsOptions extends ServerOptions {
  /**
   * More nats-server configuration, for example `jetstream { sync_interval: always }` or accounts
   * and users. Port and host given here are overridden, a store folder is refused.
   */
  readonly config?: string;
  /** Port of the HTTP monitoring endpoint; 0 is a free one. Default: none. */
  readonly monitorPort?: number;
  /** More command line arguments; used by the cluster. */
  readonly extraArgs?: readonly string[];
}

export interface NatsServer extends ServerControl, ServerFacts {
  /** `nats://127.0.0.1:4222` */
  readonly url: string;
  /** Base of the monitoring endpoint, or undefined without one. */
  readonly monitorUrl: string | undefined;
}

/**
 * Starts a nats-server with JetStream on files in `dataDir` and resolves when it takes clients.
 * Throws {@link StackError} and leaves nothing running when it cannot.
 */
export async function startNats(options: NatsOptions): Promise<NatsServer> {
  const { report, host = LOCALHOST, port = 0 } = options;
  const binary =
    options.binary ?? (await findNatsServer(report === undefined ? {} : { progress: report }));
  report?.(describeChoice('nats-server', binary));

  const dataDir = resolve(options.dataDir);
  await requireWritableFolder(dataDir, options.dataHint ?? 'the dataDir option');

  const launch: NatsLaunch = {
    binary: binary.path,
    dataDir,
    host,
    port,
    portHint: options.portHint ?? DEFAULT_PORT_HINT,
    config: options.config,
    monitorPort: options.monitorPort,
    extraArgs: options.extraArgs ?? [],
  };
  await mkdir(dataDir, { recursive: true });
  const first = await launchNats(launch, { append: false });
  const again = { ...launch, port: first.port, monitorPort: first.monitorPort };
  const control = controlled(
    first.child,
    async () => (await launchNats(again, { append: true })).child,
  );
  return Object.assign(control, {
    host,
    port: first.port,
    url: `nats://${host}:${first.port}`,
    monitorUrl: first.monitorPort === undefined ? undefined : `http://${host}:${first.monitorPort}`,
    dataDir,
    logFile: first.logFile,
    binary,
  });
}
