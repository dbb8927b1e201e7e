import { readFileSync } from 'node:fs';
import { JetStreamApiError } from '@nats-io/jetstream';
import type { ConsumerConfig, ConsumerInfo, JetStreamManager } from '@nats-io/jetstream';
import { STREAM } from './names.ts';

const CONSUMER_NOT_FOUND = 10014;

/** A durable consumer that should be there. */
export interface DesiredConsumer {
  readonly stream: string;
  readonly name: string;
  readonly config: () => Partial<ConsumerConfig>;
}

/** What `streams/consumers/<name>.json` says: the bare JSON that `nats consumer add --config` takes. */
export function describedConsumer(name: string): Partial<ConsumerConfig> {
  const file = new URL(`../../../streams/consumers/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Partial<ConsumerConfig>;
}

/** The durable consumer of the stream; undefined where there is none. */
export async function findConsumer(
  jsm: JetStreamManager,
  stream: string,
  name: string,
): Promise<ConsumerInfo | undefined> {
  try {
    return await jsm.consumers.info(stream, name);
  } catch (error) {
    const missing = error instanceof JetStreamApiError && error.code === CONSUMER_NOT_FOUND;
    if (missing) return undefined;
    throw error;
  }
}

/**
 * The durable consumer, made if it is missing and may be made.
 * @throws Error saying what to do, when it is missing and may not.
 */
export async function provisionConsumer(
  jsm: JetStreamManager,
  { stream, name, config }: DesiredConsumer,
  create: boolean,
): Promise<ConsumerInfo> {
  const found = await findConsumer(jsm, stream, name);
  if (found !== undefined) return found;
  if (create) return jsm.consumers.add(stream, config());
  throw new Error(
    `the consumer ${name} of ${stream} does not exist: make it with "jetbank streams apply"` +
      // Which read models need a consumer, MongoDB knows.
      `${stream === STREAM ? ', with MONGO_URI set,' : ''} ` +
      'or let the service do it with JETBANK_PROVISION=true',
  );
}
