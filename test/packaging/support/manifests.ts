import { readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { inRepository, readText } from './repository.ts';
import { run } from './run.ts';

/** A Kubernetes resource, as far as the tests look into every kind alike. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** Every document of a YAML text. Throws at the first that is not sound, repeated keys included. */
export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw problem;
    const value: unknown = document.toJS();
    return value === null ? [] : [value as Manifest];
  });
}

/** The files that `kubectl apply -f nats-deployment/` reads: kubectl goes by these three endings. */
export function natsDeploymentFiles(): string[] {
  return readdirSync(inRepository('nats-deployment'))
    .filter((name) => ['.yaml', '.yml', '.json'].includes(extname(name)))
    .map((name) => join('nats-deployment', name));
}

export function natsDeployment(): Manifest[] {
  return natsDeploymentFiles().flatMap((file) => parseManifests(readText(file)));
}

/** The Secrets that `nats-deployment/secrets.sh ARGUMENTS` prints; without any, those of the passwords. */
export async function generatedSecrets(
  args: readonly string[] = ['--no-certificates'],
): Promise<GeneratedSecret[]> {
  const script = inRepository('nats-deployment', 'secrets.sh');
  const { code, stdout, stderr } = await run('sh', [script, ...args]);
  if (code !== 0) throw new Error(stderr);
  return parseManifests(stdout) as GeneratedSecret[];
}

export interface GeneratedSecret extends Manifest {
  readonly stringData: Readonly<Record<string, string>>;
}

export function only<T>(items: readonly T[], what = 'item'): T {
  const [first] = items;
  if (items.length !== 1 || first === undefined) {
    throw new Error(`expected one ${what}, not ${items.length}`);
  }
  return first;
}

/** The one resource of a kind (and name). */
export function pick(manifests: readonly Manifest[], kind: string, name?: string): Manifest {
  const found = manifests.filter(
    (manifest) => manifest.kind === kind && (name === undefined || manifest.metadata.name === name),
  );
  return only(found, `${kind} ${name ?? ''}`);
}
