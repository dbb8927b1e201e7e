import { parseArgs } from 'node:util';
import { StackError, reasonOf } from '../stack-error.ts';

export const DEFAULT_NATS_PORT = 4222;
export const DEFAULT_MONGO_PORT = 27017;
export const DEFAULT_DATA_DIR = './data';
const HIGHEST_PORT = 65_535;

export interface StackFlags {
  readonly natsPort: number;
  readonly mongoPort: number;
  readonly dataDir: string;
  readonly help: boolean;
}

/**
 * `--nats-port N --mongo-port N --data DIR --help`, with NATS_PORT, MONGO_PORT and DATA as what a
 * missing flag means. Throws `bad_option` with one line.
 */
export function parseStackFlags(args: readonly string[], env: NodeJS.ProcessEnv): StackFlags {
  const flags = parse(args);
  const natsPort = flags['nats-port'] ?? nonEmpty(env['NATS_PORT']);
  const mongoPort = flags['mongo-port'] ?? nonEmpty(env['MONGO_PORT']);
  return {
    natsPort: parsePort('the NATS port', natsPort, DEFAULT_NATS_PORT),
    mongoPort: parsePort('the MongoDB port', mongoPort, DEFAULT_MONGO_PORT),
    dataDir: flags.data ?? nonEmpty(env['DATA']) ?? DEFAULT_DATA_DIR,
    help: flags.help ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    const options = {
      'nats-port': { type: 'string' },
      'mongo-port': { type: 'string' },
      data: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    } as const;
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    const [firstSentence = ''] = reasonOf(error).split('. ');
    throw new StackError('bad_option', `${firstSentence}; --help lists the options`);
  }
}

/** A TCP port from text; `lowest` is 0 where a free one may be asked for. */
export function parsePort(
  what: string,
  text: string | undefined,
  fallback: number,
  lowest: 0 | 1 = 0,
): number {
  if (text === undefined) return fallback;
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= lowest && port <= HIGHEST_PORT) return port;
  throw new StackError('bad_option', `${what} must be ${lowest} to ${HIGHEST_PORT}, not '${text}'`);
}

/** An empty variable is an unset one: `make start NATS_URL=`. */
export function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}
