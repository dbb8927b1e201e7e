import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import type { Context, Span } from '@opentelemetry/api';
import { parseTraceParent, setGlobalErrorHandler } from '@opentelemetry/core';
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Sampler, SpanExporter } from '@opentelemetry/sdk-trace';
import type { Logger } from './logger.ts';
import { messageOf } from './message-of.ts';
import { releaseVersion } from './release.ts';
import { atMostEvery } from './throttle.ts';
import { withTimeout } from './timeout.ts';
import type { SpanStart, TraceSpan, Tracing } from './tracing.ts';
import type { SamplerName, TracingSettings } from './tracing-settings.ts';

/** A collector that does not answer is logged this often, in milliseconds. */
const LOG_EVERY_MS = 60_000;
/** How long a service that stops waits for a collector to take the last spans, in milliseconds. */
const LAST_SEND_MS = 2_000;

const KINDS: Readonly<Record<SpanStart['kind'], SpanKind>> = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

/**
 * Tracing with OpenTelemetry's SDK, spans sent in batches over OTLP. Only this file imports it. Contexts
 * are passed on by hand: nothing hooks into promises.
 */
export async function openTelemetry(
  service: string,
  settings: TracingSettings,
  log: Logger,
): Promise<Tracing> {
  const warn = atMostEvery(LOG_EVERY_MS, (error: unknown) =>
    log.warn({ reason: messageOf(error) }, 'traces cannot be sent; all else goes on'),
  );
  setGlobalErrorHandler(warn);
  const version = releaseVersion();
  const provider = new TracerProvider({
    sampler: samplerOf(settings.sampler, settings.ratio),
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': service, 'service.version': version }))
      .merge(
        detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] }),
      ),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: await exporterOf(settings),
        maxQueueSize: settings.queueSize,
        scheduledDelayMillis: settings.scheduleDelayMs,
      }),
    ],
  });
  const tracer = provider.getTracer('jetbank', version);

  return {
    start({ name, kind, parent, attributes }) {
      const options = { kind: KINDS[kind], attributes: { ...attributes } };
      return traceSpan(tracer.startSpan(name, options, contextOf(parent)));
    },
    async shutdown() {
      await withTimeout(provider.shutdown(), LAST_SEND_MS).catch(warn);
    },
  };
}

function traceSpan(span: Span): TraceSpan {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
  const flags = traceFlags.toString(16).padStart(2, '0');
  return {
    traceId,
    traceparent: isSampled ? `00-${traceId}-${spanId}-${flags}` : undefined,
    end(attributes, error) {
      span.setAttributes({ ...attributes, ...(error !== undefined && { 'error.type': error }) });
      if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

/** A `traceparent` that cannot be read begins a new trace, as W3C has it. */
function contextOf(parent: string | undefined): Context {
  const found = parent === undefined ? null : parseTraceParent(parent);
  return found === null
    ? ROOT_CONTEXT
    : trace.setSpanContext(ROOT_CONTEXT, { ...found, isRemote: true });
}

async function exporterOf({ protocol }: TracingSettings): Promise<SpanExporter> {
  const { OTLPTraceExporter } =
    protocol === 'http/json'
      ? await import('@opentelemetry/exporter-trace-otlp-http')
      : await import('@opentelemetry/exporter-trace-otlp-proto');
  return new OTLPTraceExporter();
}

function samplerOf(name: SamplerName, ratio: number): Sampler {
  switch (name) {
    case 'always_on':
      return new AlwaysOnSampler();
    case 'always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(ratio);
    case 'parentbased_always_on':
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
  }
}
