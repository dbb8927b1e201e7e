import { describe, expect, it } from 'vitest';
import { forTerminal } from './service-log.ts';

describe('forTerminal', () => {
  it('shows warnings and errors in one readable piece', () => {
    const line = JSON.stringify({ level: 40, time: 0, pid: 1, msg: 'lag grows', lag: 7 });
    expect(forTerminal(line)).toMatch(/WARN.*lag grows\s+lag: 7$/s);
    expect(forTerminal('{"level":"error","msg":"no NATS"}')).toContain('no NATS');
  });

  it('keeps everything below a warning to the log file', () => {
    expect(forTerminal('{"level":30,"msg":"request completed"}')).toBeUndefined();
    expect(forTerminal('{"level":"info","msg":"request completed"}')).toBeUndefined();
  });

  it('shows what is no log line, as a crash prints it', () => {
    expect(forTerminal('SyntaxError: oops')).toBe('SyntaxError: oops');
    expect(forTerminal('12')).toBe('12');
    expect(forTerminal('')).toBeUndefined();
  });
});
