import type { EnvironmentReader } from './environment.ts';

/** What OpenTelemetry's own variables say, as far as this program reads them; its exporter reads more. */
export interface TracingSettings {
  readonly protocol: Protocol;
  readonly sampler: SamplerName;
  /** Of the samplers by ratio: the share of traces that is taken, 0 to 1. */
  readonly ratio: number;
  /** Spans that wait to be sent, at most; more are dropped. */
  readonly queueSize: number;
  /** How long spans wait for others to be sent along, in milliseconds. */
  readonly scheduleDelayMs: number;
}

const PROTOCOLS = ['http/protobuf', 'http/json'] as const;
type Protocol = (typeof PROTOCOLS)[number];

const SAMPLERS = [
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
  'always_on',
  'always_off',
  'traceidratio',
] as const;
export type SamplerName = (typeof SAMPLERS)[number];

const EXPORTERS = ['otlp', 'none'] as const;

/**
 * Undefined unless there is an endpoint to send traces to, and nothing that says not to. The names and
 * defaults are those of OpenTelemetry's specification.
 */
export function readTracingSettings(env: EnvironmentReader): TracingSettings | undefined {
  const common = readEndpoint(env, 'OTEL_EXPORTER_OTLP_ENDPOINT');
  const own = readEndpoint(env, 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT');
  const protocol = env.oneOf('OTEL_EXPORTER_OTLP_PROTOCOL', 'http/protobuf', PROTOCOLS);
  const settings = {
    protocol: env.oneOf('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', protocol, PROTOCOLS),
    sampler: env.oneOf('OTEL_TRACES_SAMPLER', 'parentbased_always_on', SAMPLERS),
    ratio: readRatio(env),
    queueSize: env.integer('OTEL_BSP_MAX_QUEUE_SIZE', 2_048, { min: 1, max: 1_000_000 }),
    scheduleDelayMs: env.integer('OTEL_BSP_SCHEDULE_DELAY', 5_000, { min: 1, max: 600_000 }),
  };
  const isOff =
    env.boolean('OTEL_SDK_DISABLED', false) ||
    env.oneOf('OTEL_TRACES_EXPORTER', 'otlp', EXPORTERS) === 'none';
  return isOff || (common ?? own) === undefined ? undefined : settings;
}

function readEndpoint(env: EnvironmentReader, name: string): string | undefined {
  const endpoint = env.optional(name);
  if (endpoint === undefined) return undefined;
  // It may hold a password, so the complaint must not repeat it.
  const { protocol } = URL.parse(endpoint) ?? {};
  if (protocol !== 'http:' && protocol !== 'https:') {
    env.reject(`${name} must be a URL such as http://127.0.0.1:4318`);
  }
  return endpoint;
}

function readRatio(env: EnvironmentReader): number {
  const isRatio = (text: string) => /^(0?\.\d+|[01](\.0*)?)$/.test(text);
  const text = env.checked('OTEL_TRACES_SAMPLER_ARG', '1', (given) =>
    isRatio(given) ? undefined : 'a number from 0 to 1',
  );
  return Number(text);
}
