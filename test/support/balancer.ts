import { Agent, createServer, request as sendRequest } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A load balancer as stands before the services: takes turns among those that are ready, keeps its
 * connections to them, asks each for its /readyz again and again, and sends no request twice.
 */
export interface Balancer {
  readonly url: string;
  /** From now on it gets requests whenever it is ready. */
  add(service: string): void;
  remove(service: string): void;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const ASK_EVERY_MS = 100;
const ASK_TIMEOUT_MS = 1_000;

interface Backend {
  readonly url: string;
  readonly agent: Agent;
  ready: boolean;
  removed: boolean;
}

export async function startBalancer(): Promise<Balancer> {
  const backends = new Map<string, Backend>();
  let turn = 0;

  const server = createServer((incoming, outgoing) => {
    const ready = [...backends.values()].filter((backend) => backend.ready);
    const backend = ready[turn++ % ready.length];
    if (backend === undefined) fail(outgoing, 503, 'no service is ready');
    else pass(backend, incoming, outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const { port } = server.address() as AddressInfo;

  function remove(service: string): void {
    const backend = backends.get(service);
    if (backend === undefined) return;
    backend.removed = true;
    backend.agent.destroy();
    backends.delete(service);
  }
  return {
    url: `http://${HOST}:${port}`,
    add(service) {
      const agent = new Agent({ keepAlive: true });
      const backend = { url: service, agent, ready: false, removed: false };
      backends.set(service, backend);
      void follow(backend);
    },
    remove,
    async stop() {
      for (const service of [...backends.keys()]) remove(service);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function follow(backend: Backend): Promise<void> {
  while (!backend.removed) {
    const signal = AbortSignal.timeout(ASK_TIMEOUT_MS);
    const answer = await fetch(`${backend.url}/readyz`, { signal }).catch(() => undefined);
    await answer?.body?.cancel();
    backend.ready = answer?.status === 200;
    await sleep(ASK_EVERY_MS);
  }
}

function pass({ url, agent }: Backend, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { method, headers, url: path = '/' } = incoming;
  const upstream = sendRequest(new URL(path, url), { method, headers, agent });
  upstream.on('error', (error) => fail(outgoing, 502, `${url}: ${error.message}`));
  upstream.on('response', (answer) => {
    // What concerns the connection to the service is no business of the client's.
    const passed = { ...answer.headers };
    delete passed.connection;
    outgoing.writeHead(answer.statusCode ?? 502, passed);
    answer.pipe(outgoing);
  });
  incoming.pipe(upstream);
}

function fail(outgoing: ServerResponse, status: number, why: string): void {
  if (!outgoing.headersSent) outgoing.writeHead(status);
  outgoing.end(why);
}
