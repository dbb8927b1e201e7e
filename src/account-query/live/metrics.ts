import { Counter, Gauge } from '../../platform/metrics.ts';
import type { Registry } from '../../platform/metrics.ts';

export interface LiveMetrics {
  /** So many clients are connected. */
  readonly clients: (count: number) => void;
  /** A client was cut off because it did not take what it was sent. */
  readonly dropped: () => void;
}

export function liveMetrics(registry: Registry): LiveMetrics {
  const clients = new Gauge({
    name: 'jetbank_live_clients',
    help: 'Clients of Server-Sent Events connected',
    registers: [registry],
  });
  const dropped = new Counter({
    name: 'jetbank_live_clients_dropped_total',
    help: 'Clients of Server-Sent Events cut off because they took nothing',
    registers: [registry],
  });
  return { clients: (count) => clients.set(count), dropped: () => dropped.inc() };
}
