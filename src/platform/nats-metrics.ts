import type { NatsConnection } from 'nats';
import { Counter, Gauge } from './metrics.ts';
import type { Registry } from './metrics.ts';

/** Follows a connection from then on. */
export type ObserveNats = (nc: NatsConnection) => void;

/**
 * The metrics of the connection to NATS, which are there before it is. The round trip is measured as
 * Prometheus asks, for the next time: nobody who asks waits for a server that hangs.
 */
export function natsMetrics(registry: Registry): ObserveNats {
  const registers = [registry];
  let connection: NatsConnection | undefined;
  let askedAt: number | undefined;
  const connected = new Gauge({
    name: 'jetbank_nats_connected',
    help: '1 while there is a connection to NATS, else 0',
    registers,
  });
  const reconnects = new Counter({
    name: 'jetbank_nats_reconnects_total',
    help: 'Times the connection to NATS was lost and came back',
    registers,
  });
  const roundTrip = new Gauge({
    name: 'jetbank_nats_rtt_seconds',
    help: 'Round trip to the NATS server at the scrape before, or how long it has not answered',
    registers,
    collect() {
      const waited = askedAt === undefined ? undefined : performance.now() - askedAt;
      if (waited === undefined) void measure();
      else this.set(waited / 1000);
    },
  });

  async function measure(): Promise<void> {
    if (connection === undefined) return;
    const begin = performance.now();
    askedAt = begin;
    try {
      await connection.rtt();
      roundTrip.set((performance.now() - begin) / 1000);
    } catch {
      // The connection broke: that is another metric.
    }
    askedAt = undefined;
  }

  async function follow(nc: NatsConnection): Promise<void> {
    for await (const { type } of nc.status()) {
      if (type === 'disconnect') connected.set(0);
      if (type !== 'reconnect') continue;
      connected.set(1);
      reconnects.inc();
    }
    connected.set(0);
  }

  return (nc) => {
    connection = nc;
    connected.set(1);
    void follow(nc);
    void measure();
  };
}
