import { accountEntries } from '../event-store/jetstream/account-entries.ts';
import type { LogEntry } from '../event-store/log-entry.ts';
import { eventToJson } from '../event-store/payload-json.ts';
import type { Environment } from '../platform/environment.ts';
import { oneAccountId, readArguments, wholeNumber } from './arguments.ts';
import { CliError } from './cli-error.ts';
import { EXIT } from './command.ts';
import { withLog } from './connections.ts';
import { eventLine } from './event-line.ts';

const OPTIONS = {
  json: { type: 'boolean' },
  'from-version': { type: 'string' },
  follow: { type: 'boolean' },
} as const;

/** `jetbank events`: the account's history as the log has it, one line an event. */
export async function showEvents(args: readonly string[], variables: Environment): Promise<void> {
  const { values, positionals } = readArguments(args, OPTIONS);
  const accountId = oneAccountId(positionals);
  const { json = false, follow = false } = values;
  const fromVersion = wholeNumber('from-version', values['from-version'] ?? '1', 1);
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    await withLog(variables, async ({ js }) => {
      let seen = 0;
      for await (const entry of accountEntries(js, accountId, {
        ...{ follow, signal: interrupted.signal },
      })) {
        seen += 1;
        if ('event' in entry && entry.event.version < fromVersion) continue;
        if ('error' in entry) process.exitCode = EXIT.failure;
        process.stdout.write(`${json ? jsonLine(entry) : eventLine(entry)}\n`);
      }
      if (seen === 0 && !follow) throw new CliError(`the log has no account ${accountId}`);
    });
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

function jsonLine(entry: LogEntry): string {
  if ('event' in entry) return JSON.stringify(eventToJson(entry));
  const { sequence, accountId, error } = entry;
  return JSON.stringify({ sequence, accountId, error: error.message });
}
