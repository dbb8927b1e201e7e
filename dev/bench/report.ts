import { cpus } from 'node:os';
import { median } from './stats.ts';

/** One line of the table: a rate, and what it is a share of. */
export interface Row {
  readonly name: string;
  /** One figure a round, in the unit given. */
  readonly rounds: readonly number[];
  readonly unit: string;
  /** The ratio of each round to the ceiling measured in the same round, and that ceiling's name. */
  readonly ratio?: { readonly of: string; readonly rounds: readonly number[] };
}

export function printTable(rows: readonly Row[]): void {
  const [cpu] = cpus();
  print('');
  print(`${cpu?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores, Node ${process.version}`);
  print(`${new Date().toISOString().slice(0, 10)}; medians, smallest and largest in brackets`);
  print('');
  const table = [
    ['measure', 'rate', 'ratio', 'to'],
    ...rows.map(({ name, rounds, unit, ratio }) => [
      name,
      `${spread(rounds, whole)} ${unit}`,
      ratio === undefined ? '' : spread(ratio.rounds, hundredths),
      ratio?.of ?? '',
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...table.map((cells) => (cells[column] ?? '').length)),
  );
  table.forEach((cells, index) => {
    print(`| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
    if (index === 0) print(`|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`);
  });
}

const whole = (value: number) => Math.round(value).toLocaleString('en');
const hundredths = (value: number) => value.toFixed(2);

function spread(values: readonly number[], format: (value: number) => string): string {
  const middle = format(median(values));
  if (values.length === 1) return middle;
  return `${middle} (${format(Math.min(...values))}..${format(Math.max(...values))})`;
}

/** A line of progress, on standard error so that the table can be kept alone. */
export function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

const print = (line: string) => void process.stdout.write(`${line}\n`);
