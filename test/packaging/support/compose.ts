import { parse } from 'yaml';
import { readText } from './repository.ts';

/** Of a service in docker-compose.yml, the parts that the tests look at. */
export interface ComposeService {
  readonly image: string;
  readonly profiles?: readonly string[];
  readonly command?: readonly string[];
  readonly restart: string;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly deploy?: { readonly replicas: number };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

type Services = Readonly<Record<string, ComposeService>>;

export const PROFILES = ['single', 'cluster'] as const;

const compose = parse(readText('docker-compose.yml'), { merge: true }) as {
  readonly services: Services;
  readonly volumes: Readonly<Record<string, unknown>>;
};

export const composeVolumes = compose.volumes;

/** What `docker compose --profile PROFILE up` starts. A service without a profile would be in each. */
export function profileOf(profile: (typeof PROFILES)[number]): Services {
  return Object.fromEntries(
    Object.entries(compose.services).filter(
      ([, { profiles }]) => profiles === undefined || profiles.includes(profile),
    ),
  );
}
