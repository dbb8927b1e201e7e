/** Shows how far a long work has come: a bar on a terminal, else a line now and then. */
export interface ProgressBar {
  update(done: number, total: number): void;
  end(): void;
}

export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const WIDTH = 24;
const REDRAW_MS = 100;
const LINE_MS = 5_000;

/** `unit` is what is counted, in the plural; `now` gives milliseconds. */
export function progressBar(
  unit: string,
  output: ProgressOutput = process.stderr,
  now: () => number = () => performance.now(),
): ProgressBar {
  const onTerminal = output.isTTY === true;
  const begin = now();
  let from: number | undefined;
  let drawnAt = now();
  let drawn = false;
  let last: number | undefined;

  function describe(done: number, total: number): string {
    const seconds = (now() - begin) / 1000;
    const rate = seconds > 0 ? (done - (from ?? 0)) / seconds : 0;
    const share = total > 0 ? done / total : 1;
    const left = rate > 0 ? Math.ceil((total - done) / rate) : 0;
    const counts = `${count(done)} of ${count(total)} ${unit}`;
    const told = `${Math.floor(share * 100)}%  ${counts}  ${count(rate)}/s  ${left} s left`;
    if (!onTerminal) return `${told}\n`;
    const filled = Math.round(share * WIDTH);
    return `\r\u001b[K[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${told}`;
  }

  return {
    update(done, total) {
      from ??= done;
      const due = now() - drawnAt >= (onTerminal ? REDRAW_MS : LINE_MS);
      if ((!due && done < total) || done === last) return;
      last = done;
      drawnAt = now();
      drawn = true;
      output.write(describe(done, total));
    },
    end() {
      if (onTerminal && drawn) output.write('\n');
    },
  };
}

const count = (value: number) => Math.round(value).toLocaleString('en-US');
