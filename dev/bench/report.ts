import { cpus, loadavg } from 'node:os';
import { median } from './stats.ts';

/** What the median is meant to be. */
export type Target = { readonly atLeast: number } | { readonly atMost: number };

/** The ratio of each round to the ceiling measured in the same round, and that ceiling's name. */
export interface Ratio {
  readonly to: string;
  readonly rounds: readonly number[];
  readonly target?: Target;
}

/** One line of a table. */
export interface Row {
  readonly name: string;
  /** One figure a round, in the unit given. */
  readonly rounds: readonly number[];
  readonly unit: string;
  readonly target?: Target;
  readonly ratio?: Ratio;
}

/** Processes that ran or waited to run, on average over the minute before the call. */
export const loadAverage = (): string => (loadavg()[0] ?? 0).toFixed(1);

export function printMachine(command: string, loadBefore: string): void {
  const [cpu] = cpus();
  print('');
  print(`${cpu?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores, Node ${process.version}`);
  print(`${new Date().toISOString().slice(0, 10)}, load average ${loadBefore} before, ${command}`);
  print('medians, smallest and largest in brackets');
}

export function printTable(title: string, rows: readonly Row[]): void {
  print(`\n### ${title}\n`);
  const table = [['measure', 'result', 'ratio', 'to', 'target'], ...rows.map(cellsOf)];
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(...table.map((cells) => (cells[column] ?? '').length)),
  );
  table.forEach((cells, index) => {
    print(`| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
    if (index === 0) print(`|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`);
  });
}

function cellsOf({ name, rounds, unit, target, ratio }: Row): string[] {
  const targets = [
    target && verdict(target, rounds, unit && ` ${unit}`),
    ratio?.target && verdict(ratio.target, ratio.rounds, ' times'),
  ];
  return [
    name,
    `${spread(rounds, formatted)} ${unit}`.trimEnd(),
    ratio === undefined ? '' : spread(ratio.rounds, hundredths),
    ratio?.to ?? '',
    targets.filter((text) => text !== undefined).join('; '),
  ];
}

/** `at least 4 times: met` */
function verdict(target: Target, rounds: readonly number[], unit: string): string {
  const middle = median(rounds);
  const [bound, words, met] =
    'atLeast' in target
      ? [target.atLeast, 'at least', middle >= target.atLeast]
      : [target.atMost, 'at most', middle <= target.atMost];
  return `${words} ${bound}${unit}: ${met ? 'met' : 'MISSED'}`;
}

/** Whole where that is exact enough. */
export const formatted = (value: number): string =>
  Number.isInteger(value) || value >= 100
    ? Math.round(value).toLocaleString('en')
    : hundredths(value);

const hundredths = (value: number) => value.toFixed(2);

function spread(values: readonly number[], format: (value: number) => string): string {
  const middle = format(median(values));
  if (values.length === 1) return middle;
  return `${middle} (${format(Math.min(...values))}..${format(Math.max(...values))})`;
}

/** A line of progress, on standard error so that the tables can be kept alone. */
export function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

const print = (line: string) => void process.stdout.write(`${line}\n`);
