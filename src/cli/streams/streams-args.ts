import { noOperands, readArguments } from '../arguments.ts';
import { replicasFlag } from '../replicas-flag.ts';

export type StreamsCommand = 'diff' | 'plan' | 'apply';

const OPTIONS = { json: { type: 'boolean' }, replicas: { type: 'string' } } as const;
const FEWER = { 'allow-fewer-replicas': { type: 'boolean' } } as const;

export interface StreamsArgs {
  readonly json: boolean;
  readonly replicas: number | undefined;
  readonly fewerReplicas: boolean;
}

/** @throws UsageError saying what is wrong, before anything is done. */
export function streamsArgs(command: StreamsCommand, args: readonly string[]): StreamsArgs {
  const options: typeof OPTIONS & Partial<typeof FEWER> =
    command === 'diff' ? OPTIONS : { ...OPTIONS, ...FEWER };
  const { values, positionals } = readArguments(args, options);
  noOperands(positionals);
  return {
    json: values.json === true,
    replicas: replicasFlag(values.replicas),
    fewerReplicas: values['allow-fewer-replicas'] === true,
  };
}
