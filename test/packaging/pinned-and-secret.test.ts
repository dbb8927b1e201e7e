import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inRepository, readText } from './support/repository.ts';

/** Every file that ends up in a container or a cluster. */
const files = [
  'Dockerfile',
  'docker-compose.yml',
  ...['deploy', 'nats-deployment'].flatMap((folder) =>
    readdirSync(inRepository(folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(inRepository().length)),
  ),
];

const images = files.flatMap((file) =>
  [
    ...readText(file).matchAll(
      /(?:^\s*(?:- )?image: *|^ARG \w*IMAGE=|^FROM (?!\$))["']?([^\s"']+)/gm,
    ),
  ]
    .map(([, image = '']) => ({ file, image }))
    // The image that this repository builds: its tag is the chart's business.
    .filter(({ image }) => !image.startsWith('jetbank:') && !image.startsWith('{{')),
);

describe('images', () => {
  it('are found at all', () => {
    const names = images.map(({ image }) => image.split(':')[0]);
    expect(new Set(names)).toEqual(new Set(['node', 'nats', 'mongo', 'haproxy']));
  });

  it.each(images)('$image of $file is pinned to one version', ({ image }) => {
    expect(image).toMatch(/^[a-z0-9./-]+:\d+\.\d+\.\d+(-[a-z]+)*$/);
  });

  it('are one NATS everywhere, and one that syncs an atomic batch once', () => {
    const versions = images
      .filter(({ image }) => image.startsWith('nats:'))
      .map(({ image }) => /^nats:2\.(\d+)\.\d+-alpine$/.exec(image)?.[1]);
    expect(versions).toHaveLength(2);
    expect(new Set(versions).size).toBe(1);
    expect(Number(versions[0])).toBeGreaterThanOrEqual(15);
  });
});

describe('secrets', () => {
  it.each(files)('%s holds none', (file) => {
    const text = readText(file);
    expect(text).not.toMatch(
      /BEGIN [A-Z ]*PRIVATE KEY|BEGIN NATS|\bS[UAO][A-Z2-7]{56}\b|\$2[aby]\$\d\d\$/,
    );
    // user:password@host, unless the password is a variable or a placeholder.
    expect(text).not.toMatch(/:\/\/[^\s/:@]+:(?![$<])[^\s/@]+@/);
    const settings = text.replaceAll(/^\s*#.*$/gm, '').replaceAll(/\{\{.*?\}\}/g, '{{}}');
    for (const [line, value = ''] of settings.matchAll(
      /^.*\b\w*(?:password|passwd|secret|token)"?[ \t]*[:=][ \t]*(\S.*)$/gim,
    )) {
      const bare = value
        .replaceAll(/["',]/g, '')
        .replace(/\s*[#}].*$/, '')
        .trim();
      // A variable, a placeholder, a template or a block; the name of a Secret or of a key; a flag.
      expect(bare, line).toMatch(/^([$<{|].*|nats-[a-z-]+|password|true|false|)$/);
    }
  });
});
