import { join, resolve } from 'node:path';
import { LOCALHOST, requireFreePort } from '../stack/ports.ts';
import { stopSignal } from '../stack/signals.ts';
import { startStackUnlessStopped } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';
import { START_HELP, parseStartOptions, withoutCredentials } from './options.ts';
import type { StartOptions } from './options.ts';
import { startService } from './service.ts';
import type { Service } from './service.ts';

/** The programs of the two services. */
export interface Entries {
  readonly accountCmd: string;
  readonly accountQuery: string;
}

/**
 * Runs the whole system until a signal or until a part of it fails; prints what it does.
 * Returns the exit code; throws `StackError` for what a person can put right. Either way nothing is
 * left running.
 */
export async function startEverything(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  entries: Entries,
): Promise<number> {
  const options = parseStartOptions(args, env);
  if (options.help) {
    console.log(START_HELP);
    return 0;
  }
  const signal = stopSignal();
  await requireFreePort('account-cmd', LOCALHOST, options.cmdPort, 'CMD_PORT');
  await requireFreePort('account-query', LOCALHOST, options.queryPort, 'QUERY_PORT');

  const stack = await startServers(options, env, signal);
  if (stack === undefined) return 0;
  const services: Service[] = [];
  try {
    const urls = await startServices(options, env, entries, stack, services);
    const over = Promise.race([
      stack.failed,
      ...services.map((service) => service.failed),
      signal.then(() => undefined),
    ]);
    const ready = Promise.all(services.map((service) => service.ready())).then(
      () => 'ready' as const,
    );
    const first = await Promise.race([over, ready]);
    if (first === 'ready') console.log(welcome(options, urls));
    const failure = first === 'ready' ? await over : first;
    if (failure === undefined) {
      console.log('stopping; the data stays');
      return 0;
    }
    console.error(failure);
    return 1;
  } finally {
    // Services first: they finish their requests while the servers still answer.
    await Promise.all(services.map((service) => service.stop()));
    await stack.stop();
  }
}

async function startServers(
  options: StartOptions,
  env: NodeJS.ProcessEnv,
  stopped: Promise<unknown>,
): Promise<Stack | undefined> {
  const { natsUrl, mongoUri } = options;
  if (natsUrl !== undefined) console.log(`nats-server: NATS_URL ${withoutCredentials(natsUrl)}`);
  if (mongoUri !== undefined) console.log(`mongod: MONGO_URI ${withoutCredentials(mongoUri)}`);
  return startStackUnlessStopped(
    {
      dataDir: options.dataDir,
      natsPort: natsUrl === undefined ? options.natsPort : undefined,
      mongoPort: mongoUri === undefined ? options.mongoPort : undefined,
      hints: {
        natsPort: 'NATS_PORT (or use a running server with NATS_URL)',
        mongoPort: 'MONGO_PORT (or use a running server with MONGO_URI)',
        data: 'DATA',
      },
      report: (line) => console.log(line),
      env,
    },
    stopped,
  );
}

async function startServices(
  options: StartOptions,
  env: NodeJS.ProcessEnv,
  entries: Entries,
  stack: Stack,
  started: Service[],
): Promise<Urls> {
  const urls = {
    cmd: `http://${LOCALHOST}:${options.cmdPort}`,
    query: `http://${LOCALHOST}:${options.queryPort}`,
  };
  const start = async (name: string, entry: string, port: number, url: string) => {
    const service = await startService({
      name,
      entry,
      url,
      logFile: join(logFolder(options), `${name}.log`),
      print: (line) => console.log(line),
      env: {
        ...env,
        HOST: LOCALHOST,
        PORT: String(port),
        NATS_URL: options.natsUrl ?? stack.nats?.url,
        MONGO_URI: options.mongoUri ?? stack.mongo?.uri,
      },
    });
    started.push(service);
  };
  await start('account-cmd', entries.accountCmd, options.cmdPort, urls.cmd);
  await start('account-query', entries.accountQuery, options.queryPort, urls.query);
  return urls;
}

interface Urls {
  readonly cmd: string;
  readonly query: string;
}

function logFolder(options: StartOptions): string {
  return join(resolve(options.dataDir), 'logs');
}

function welcome(options: StartOptions, urls: Urls): string {
  const account = '{"ownerName":"Juan Pérez","initialBalance":1000.0}';
  return [
    '',
    'jetbank is up; Ctrl-C stops it, the data stays.',
    `  commands  ${urls.cmd}    (API page: ${urls.cmd}/docs)`,
    `  queries   ${urls.query}    (API page: ${urls.query}/docs)`,
    `  logs      ${logFolder(options)}`,
    '',
    'Open an account:',
    `  curl -s -X POST ${urls.cmd}/accounts -H 'content-type: application/json' -d '${account}'`,
    '',
  ].join('\n');
}
