import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createMetrics } from '../platform/metrics.ts';
import type { Registry } from '../platform/metrics.ts';
import { lagMetrics } from './lag-metrics.ts';
import type { Progress } from './lag-metrics.ts';

const GROUP = {
  id: 'accounts-v1',
  build: { projection: 'accounts', number: 1, shape: 1, groups: 1 },
};
const ago = (seconds: number) => new Date(Date.now() - seconds * 1_000);

let registry: Registry;
let progress: Progress;
beforeEach(() => {
  registry = createMetrics('test');
  progress = lagMetrics(registry).of(GROUP);
});

afterEach(() => vi.useRealTimers());

/** Undefined where it is not shown. */
async function shown(name: string): Promise<number | undefined> {
  const metrics = await registry.getMetricsAsJSON();
  const found = metrics.find((metric) => metric.name === `jetbank_projection_${name}`);
  return found?.values[0]?.value;
}

test('a replica that lost the pin goes by what the other one wrote', async () => {
  progress.wrote({
    ...{ events: 1, repeated: 0, pending: 0 },
    checkpoint: { sequence: 7, at: ago(3_600) },
  });
  progress.pending(1, { sequence: 99, at: ago(2) });
  expect(await shown('sequence')).toBe(99);
  expect(await shown('lag_events')).toBe(1);
  expect(await shown('lag_seconds')).toBeLessThan(60);
});

test('one that begins with events behind it knows since when', async () => {
  progress.started({ sequence: 7, at: ago(3_600) });
  progress.pending(5);
  expect(await shown('lag_events')).toBe(5);
  expect(await shown('lag_seconds')).toBeGreaterThanOrEqual(3_600);
});

test('how long events have waited is not shown where nobody knows', async () => {
  progress.pending(5);
  expect(await shown('lag_events')).toBe(5);
  expect(await shown('lag_seconds')).toBeUndefined();
  // A read model that is being made anew has nothing of what was there before.
  progress.started({ sequence: 7, at: ago(3_600) });
  progress.started({ sequence: 0, at: undefined });
  expect(await shown('lag_seconds')).toBeUndefined();
  progress.pending(0);
  expect(await shown('lag_seconds')).toBe(0);
});

test('a replica that hears nothing any more does not go on showing what it heard', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  progress.pending(5, { sequence: 7, at: ago(3_600) });
  vi.advanceTimersByTime(29_000);
  expect(await shown('lag_events')).toBe(5);
  vi.advanceTimersByTime(2_000);
  expect(await shown('lag_events')).toBeUndefined();
  expect(await shown('lag_seconds')).toBeUndefined();
  expect(await shown('sequence')).toBe(7);
  progress.pending(0);
  expect(await shown('lag_events')).toBe(0);
});
