import type { Logger } from './logger.ts';
import type { Tracing } from './tracing.ts';
import type { TracingSettings } from './tracing-settings.ts';

/** Loads OpenTelemetry: without tracing, nothing of it is. */
export async function startTracing(
  service: string,
  settings: TracingSettings,
  log: Logger,
): Promise<Tracing> {
  const { openTelemetry } = await import('./opentelemetry.ts');
  return openTelemetry(service, settings, log);
}
