import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { prettyFactory } from 'pino-pretty';

const WARN_LEVEL = 40;
const WARN_NAMES = new Set(['warn', 'error', 'fatal']);

const pretty = prettyFactory({
  colorize: process.stdout.isTTY,
  ignore: 'pid,hostname,name,service',
  translateTime: 'SYS:HH:MM:ss',
});

/**
 * Writes every line of a service to its log file, and the ones that a person at the terminal should
 * see (warnings, errors, whatever is not a log line) to `print`.
 * Resolves when the service's output has ended and is in the file.
 */
export async function keepServiceLog(
  name: string,
  outputs: readonly (Readable | null)[],
  logFile: string,
  print: (line: string) => void,
): Promise<void> {
  const file = createWriteStream(logFile, { flags: 'a' });
  // A full disk must not take the system down with an unhandled event.
  file.on('error', (error) => print(`${name} | its log cannot be written: ${error.message}`));
  const ended = outputs.map(async (output) => {
    if (output === null) return;
    for await (const line of createInterface({ input: output })) {
      file.write(`${line}\n`);
      const told = forTerminal(line);
      if (told !== undefined) print(`${name} | ${told}`);
    }
  });
  await Promise.all(ended);
  await new Promise<void>((resolve) => {
    file.once('close', () => resolve());
    file.end();
  });
}

/** What the terminal shows of a line, or undefined for lines below a warning. */
export function forTerminal(line: string): string | undefined {
  if (line.trim() === '') return undefined;
  const entry = parse(line);
  if (entry === undefined) return line;
  const { level } = entry;
  const serious =
    typeof level === 'number' ? level >= WARN_LEVEL : WARN_NAMES.has(String(level).toLowerCase());
  return serious ? pretty(entry).trimEnd() : undefined;
}

function parse(line: string): { readonly level: unknown } | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'object' && entry !== null && 'level' in entry ? entry : undefined;
  } catch {
    return undefined;
  }
}
