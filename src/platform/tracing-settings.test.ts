import { expect, test } from 'vitest';
import { ConfigError, environmentReader } from './environment.ts';
import type { Environment } from './environment.ts';
import { readTracingSettings } from './tracing-settings.ts';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };

function settingsFrom(variables: Environment) {
  const env = environmentReader(variables);
  const settings = readTracingSettings(env);
  env.done();
  return settings;
}

test.each<[string, Environment]>([
  ['nothing', {}],
  ['an empty endpoint', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
  ['all of OpenTelemetry off', { ...ENDPOINT, OTEL_SDK_DISABLED: 'true' }],
  ['no exporter', { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }],
])('there are no traces with %s', (_, variables) => {
  expect(settingsFrom(variables)).toBeUndefined();
});

test('an endpoint turns them on, with the defaults of OpenTelemetry', () => {
  const defaults = {
    ...{ protocol: 'http/protobuf', sampler: 'parentbased_always_on', ratio: 1 },
    ...{ queueSize: 2_048, scheduleDelayMs: 5_000 },
  };
  expect(settingsFrom(ENDPOINT)).toEqual(defaults);
  const own = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector/v1/traces' };
  expect(settingsFrom(own)).toEqual(defaults);
});

test.each([
  ['0', 0],
  ['0.25', 0.25],
  ['.5', 0.5],
  ['1.0', 1],
])('a sampler by ratio takes %s', (text, ratio) => {
  const sampler = 'parentbased_traceidratio';
  const variables = { OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: text };
  expect(settingsFrom({ ...ENDPOINT, ...variables })).toMatchObject({ sampler, ratio });
});

test.each([
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
  ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'nats://user:secret@collector'],
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
  ['OTEL_TRACES_SAMPLER', 'jaeger_remote'],
  ['OTEL_TRACES_SAMPLER_ARG', '1.5'],
  ['OTEL_TRACES_SAMPLER_ARG', '-1'],
  ['OTEL_BSP_MAX_QUEUE_SIZE', '0'],
  ['OTEL_TRACES_EXPORTER', 'zipkin'],
])('%s=%s is refused by its name, and no password is repeated', (name, value) => {
  const wrong = () => settingsFrom({ ...ENDPOINT, [name]: value });
  expect(wrong).toThrow(ConfigError);
  expect(wrong).toThrow(name);
  expect(wrong).not.toThrow('secret');
});
