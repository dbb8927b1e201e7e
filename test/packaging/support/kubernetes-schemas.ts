import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from './manifests.ts';
import { inRepository } from './repository.ts';
import { run } from './run.ts';

/**
 * What is wrong with the manifests by the schemas of the Kubernetes API, one line each.
 *
 * `kubernetes-models` carries those schemas in two forms, and neither is enough alone: validators
 * (types, formats, required fields), which pass unknown fields by, and TypeScript types, by which
 * the compiler refuses fields that are unknown, as the API server would drop them.
 */
export async function schemaProblems(manifests: readonly Manifest[]): Promise<string[]> {
  const invalid = await Promise.all(manifests.map(invalidFields));
  return [...invalid.flat(), ...(await unknownFields(manifests))];
}

interface Model {
  validate(): void;
}

async function invalidFields(manifest: Manifest): Promise<string[]> {
  const name = nameOf(manifest);
  try {
    const models = (await import(moduleOf(manifest))) as Record<
      string,
      (new (data: Manifest) => Model) | undefined
    >;
    const model = models[manifest.kind];
    if (model === undefined) return [`${name}: no schema for this kind`];
    new model(manifest).validate();
    return [];
  } catch (error) {
    return [`${name}: ${error instanceof Error ? error.message : String(error)}`];
  }
}

async function unknownFields(manifests: readonly Manifest[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'jetbank-manifests-'));
  try {
    await symlink(inRepository('node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    // One line a manifest, so that the compiler's line number tells which one it means.
    const lines = manifests.map(
      (manifest, index) =>
        `export const m${index}: import('${moduleOf(manifest)}').I${manifest.kind} = ${JSON.stringify(manifest)};`,
    );
    const file = join(folder, 'manifests.ts');
    await writeFile(file, lines.join('\n'));
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext'];
    const { code, stdout, stderr } = await run(
      process.execPath,
      [inRepository('node_modules', 'typescript', 'bin', 'tsc'), ...options, file],
      { cwd: folder },
    );
    if (code === 0) return [];
    return `${stdout}${stderr}`
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith(' '))
      .map((line) => {
        const at = /\((\d+),\d+\): error \w+: (.*)$/.exec(line);
        const manifest = manifests[Number(at?.[1]) - 1];
        return manifest === undefined ? line : `${nameOf(manifest)}: ${at?.[2] ?? line}`;
      });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const nameOf = ({ kind, metadata }: Manifest) => `${kind} ${metadata.name}`;

/** The custom resources of the Prometheus operator are in a package of their own. */
function moduleOf({ apiVersion, kind }: Manifest): string {
  const scope = apiVersion.startsWith('monitoring.coreos.com/')
    ? '@kubernetes-models/prometheus-operator'
    : 'kubernetes-models';
  return `${scope}/${apiVersion}/${kind}`;
}
