import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { inRepository, packageJson, readText } from './support/repository.ts';

interface Service {
  readonly image: string;
  readonly command: readonly string[];
  readonly ports: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const compose = parse(readText('docker-compose.yml'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const services = Object.entries(compose.services);

describe('docker-compose.yml', () => {
  it('has the two services and the two servers', () => {
    expect(Object.keys(compose.services)).toEqual([
      'nats',
      'mongo',
      'account-cmd',
      'account-query',
    ]);
  });

  it.each(services)('%s is reached from this machine only', (_, { ports }) => {
    expect(ports.length).toBeGreaterThan(0);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\$\{[A-Z_]+:-\d+\}:\d+$/);
  });

  it.each(services)('%s has a health check', (_, { healthcheck }) => {
    expect(healthcheck.test[0]).toBe('CMD');
  });

  it.each(services)('%s mounts what is there', (_, { volumes = [] }) => {
    for (const volume of volumes) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('.')) expect(existsSync(inRepository(source)), source).toBe(true);
      else expect(compose.volumes).toHaveProperty(source);
    }
  });

  it.each(['account-cmd', 'account-query'])('%s starts once its servers are healthy', (name) => {
    const service = compose.services[name];
    expect(service?.command).toEqual([name]);
    expect(service?.image).toBe(`jetbank:\${JETBANK_VERSION:-${packageJson.version}}`);
    // Let in whoever comes: from this machine only, as the ports above say.
    expect(service?.environment?.['HTTP_AUTH']).toBe('off');
    const needs = name === 'account-cmd' ? ['nats'] : ['nats', 'mongo'];
    expect(service?.depends_on).toEqual(
      Object.fromEntries(needs.map((need) => [need, { condition: 'service_healthy' }])),
    );
  });
});
