import type { JetStreamManager } from '@nats-io/jetstream';
import type { HoldTimer } from '../../event-store/hold-timers.ts';
import { logDigest, nanosOf } from '../../event-store/jetstream/log-digest.ts';
import { readMessages } from '../../event-store/jetstream/replay.ts';
import { entryOf } from '../../event-store/log-entry.ts';
import { CliError } from '../cli-error.ts';
import { counted } from '../counted.ts';
import { progressBar } from '../progress-bar.ts';
import type { Manifest } from './manifest.ts';
import { openTimers } from './open-timers.ts';

/**
 * Reads the whole log and holds it against the backup; answers the timers of the holds that are open
 * in it. `sent` says that it was there only since this call sent it.
 * @throws CliError when it is not the log that was backed up.
 */
export async function checkRestored(
  jsm: JetStreamManager,
  { stream, log }: Manifest,
  sent: boolean,
): Promise<readonly HoldTimer[]> {
  process.stderr.write('checking the restored log\n');
  const digest = logDigest();
  const timers = openTimers();
  const bar = progressBar('messages');
  let done = 0;
  for await (const message of readMessages(jsm, 0)) {
    const { seq: sequence, subject, data: payload, timestamp } = message;
    digest.add({ sequence, time: nanosOf(timestamp), subject, payload });
    timers.add(entryOf(message));
    bar.update((done += 1), log.messages);
  }
  bar.end();
  const found = digest.summary();
  if (found.digest === log.digest) return timers.open();
  // It may be the ledger of a bank that is at work.
  if (!sent) throw anotherLog(stream, found.messages);
  throw new CliError(
    `the restored ${stream} is not the one that was backed up: ${counted(found.messages, 'message')} from ` +
      `${found.first} to ${found.last}, instead of ${log.messages} from ${log.first} to ${log.last}. ` +
      `Remove it with "nats stream rm ${stream}" and use another backup`,
  );
}

/** Why nothing was restored where there is a log. */
export const anotherLog = (stream: string, messages: number): CliError =>
  new CliError(
    `there is a stream ${stream} already, with ${counted(messages, 'message')}: nothing was restored. ` +
      `Back it up and remove it ("nats stream rm ${stream}"), or restore to another server`,
  );
