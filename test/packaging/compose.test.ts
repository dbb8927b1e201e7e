import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PROFILES, composeVolumes, profileOf } from './support/compose.ts';
import type { ComposeService } from './support/compose.ts';
import { inRepository, packageJson, readText } from './support/repository.ts';

const everyService = PROFILES.flatMap((profile) =>
  Object.entries(profileOf(profile)).map(([name, service]) => ({ profile, name, service })),
);
const jetbank = everyService.filter(({ service }) => service.image.startsWith('jetbank:'));
const portsOf = ({ ports = [] }: ComposeService) => ports;

describe('docker-compose.yml', () => {
  it('starts one of everything unless told otherwise', () => {
    expect(readText('.env')).toMatch(/^COMPOSE_PROFILES=single$/m);
    expect(Object.keys(profileOf('single'))).toEqual([
      'nats',
      'mongo',
      'account-cmd',
      'account-query',
    ]);
  });

  it('starts three of each server and two of each service as a cluster', () => {
    const cluster = profileOf('cluster');
    const count = (image: RegExp) =>
      Object.values(cluster)
        .filter((service) => image.test(service.image) && service.healthcheck)
        .reduce((sum, { deploy }) => sum + (deploy?.replicas ?? 1), 0);
    expect([count(/^nats:/), count(/^mongo:/), count(/^jetbank:/)]).toEqual([3, 3, 4]);
  });

  it('gives both profiles the same ports, each once', () => {
    const [single, cluster] = PROFILES.map((profile) =>
      Object.values(profileOf(profile)).flatMap(portsOf).toSorted(),
    );
    expect(cluster).toEqual(single);
    expect(new Set(single).size).toBe(single?.length);
  });

  it.each(everyService)('$name is reached from this machine only', ({ service }) => {
    for (const port of portsOf(service)) {
      expect(port).toMatch(/^127\.0\.0\.1:\$\{[A-Z_]+:-\d+\}:\d+$/);
    }
  });

  it.each(everyService)('$name has a health check, or ends', ({ service }) => {
    if (service.restart === 'on-failure') expect(service.healthcheck).toBeUndefined();
    else expect(service.healthcheck?.test[0]).toBe('CMD');
  });

  it.each(everyService)('$name mounts what is there', ({ service }) => {
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('.')) expect(existsSync(inRepository(source)), source).toBe(true);
      else expect(composeVolumes).toHaveProperty(source);
    }
  });

  it('gives every server data of its own', () => {
    const data = everyService.flatMap(({ service }) =>
      (service.volumes ?? []).filter((volume) => !volume.startsWith('.')),
    );
    expect(data).toHaveLength(8);
    expect(new Set(data).size).toBe(8);
  });

  it.each(everyService)('$name waits for services of its own profile', ({ profile, service }) => {
    const others = profileOf(profile);
    for (const [name, { condition }] of Object.entries(service.depends_on ?? {})) {
      const needed = others[name];
      expect(needed, name).toBeDefined();
      const ends = needed?.restart === 'on-failure';
      expect(condition).toBe(ends ? 'service_completed_successfully' : 'service_healthy');
    }
  });

  it.each(jetbank)('$name starts once its servers are healthy', ({ name, profile, service }) => {
    const role = name.replace('cluster-', '');
    expect(service.command).toEqual([role]);
    expect(service.image).toBe(`jetbank:\${JETBANK_VERSION:-${packageJson.version}}`);
    // Let in whoever comes: from this machine only, as the ports above say.
    expect(service.environment?.['HTTP_AUTH']).toBe('off');
    const nats = profile === 'single' ? ['nats'] : ['nats-1', 'nats-2', 'nats-3'];
    const mongo = profile === 'single' ? 'mongo' : 'mongo-init';
    const needs = role === 'account-cmd' ? nats : [...nats, mongo];
    expect(Object.keys(service.depends_on ?? {})).toEqual(needs);
  });
});
