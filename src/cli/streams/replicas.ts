import type { Environment, EnvironmentReader } from '../../platform/environment.ts';

/** STREAM_REPLICAS, where it is set: else the streams keep what they have. */
export const readReplicas = (variables: Environment, env: EnvironmentReader): number | undefined =>
  variables['STREAM_REPLICAS'] === undefined
    ? undefined
    : env.integer('STREAM_REPLICAS', 1, { min: 1, max: 5 });
