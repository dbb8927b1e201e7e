import { buffer } from 'node:stream/consumers';
import { UndecodablePayloadError } from '../event-store/avro/single-object.ts';
import { payloadToJson } from '../event-store/payload-json.ts';
import { noOperands, readArguments } from './arguments.ts';
import { CliError } from './cli-error.ts';

/** One payload on stdin, one line of JSON on stdout. */
export async function decode(args: readonly string[]): Promise<void> {
  noOperands(readArguments(args, {}).positionals);
  const payload = await buffer(process.stdin);
  try {
    process.stdout.write(`${JSON.stringify(payloadToJson(payload))}\n`);
  } catch (error) {
    if (!(error instanceof UndecodablePayloadError)) throw error;
    throw new CliError(`cannot decode ${payload.length} bytes: ${error.message}`);
  }
}
