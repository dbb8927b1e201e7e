import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { releaseVersion } from './release.ts';

export { Counter, Gauge, Histogram } from 'prom-client';
export type { Registry } from 'prom-client';

/** From half a millisecond to ten seconds: a command takes about one, an overloaded one many. */
export const DURATION_BUCKETS = [
  0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/**
 * A registry with the process's own metrics (memory, CPU, event-loop lag) and what is running. Which
 * service and which replica a sample is of, Prometheus itself says with `job` and `instance`.
 */
export function createMetrics(service: string): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const info = { component: service, version: releaseVersion(), node: process.version };
  new Gauge({
    name: 'jetbank_build_info',
    help: 'Always 1: which service runs, of which release, on which Node',
    labelNames: Object.keys(info),
    registers: [registry],
  }).set(info, 1);
  return registry;
}

/** Observes one HTTP request, in seconds. */
export type ObserveRequest = (
  route: string,
  method: string,
  status: number,
  seconds: number,
) => void;

export function requestMetrics(registry: Registry): ObserveRequest {
  const histogram = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: DURATION_BUCKETS,
    registers: [registry],
  });
  // A bound child spares the label lookup on every request.
  const children = new Map<string, ReturnType<typeof histogram.labels>>();
  return (route, method, status, seconds) => {
    const key = `${method} ${route} ${status}`;
    let child = children.get(key);
    if (child === undefined) {
      child = histogram.labels(method, route, String(status));
      children.set(key, child);
    }
    child.observe(seconds);
  };
}
