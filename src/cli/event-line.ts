import type { LogEntry } from '../event-store/log-entry.ts';
import { eventToJson } from '../event-store/payload-json.ts';

/** Members that stand at the head of the line, or that people do not look for. */
const NOT_AMONG_THE_REST: ReadonlySet<string> = new Set([
  ...['sequence', 'type', 'schemaVersion', 'eventId', 'accountId', 'version', 'occurredAt'],
  ...['commandId', 'commandHash'],
]);

/** An event in one line for people: stream sequence, version, time, type, and what else it says. */
export function eventLine(entry: LogEntry): string {
  if ('error' in entry) return `${entry.sequence}  cannot be read: ${entry.error.message}`;
  const event = eventToJson(entry);
  const key = entry.event.commandHash === null ? [] : [['key', event['commandId']] as const];
  const rest = [...Object.entries(event), ...key]
    .filter(([name, value]) => !NOT_AMONG_THE_REST.has(name) && value !== null)
    .map(([name, value]) => `${name}=${worded(value)}`);
  const {
    sequence,
    event: { version, type },
  } = entry;
  return [sequence, `v${version}`, event['occurredAt'], type, rest.join(' ')].join('  ');
}

/** Text as it is where it is one word. */
const worded = (value: unknown): string =>
  typeof value === 'string' && /^[\w.:@/+-]+$/.test(value) ? value : JSON.stringify(value);
