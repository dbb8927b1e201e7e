import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMAND_SERVICE, QUERY_SERVICE } from '../support/bank.ts';
import { startTestNats } from '../support/nats.ts';
import type { TestNats } from '../support/nats.ts';
import { startService } from '../support/process.ts';

const BOTH = [COMMAND_SERVICE, QUERY_SERVICE];

const WRONG: readonly (readonly [string, string, readonly string[]])[] = [
  ['PORT', 'http', BOTH],
  ['PORT', '-1', [COMMAND_SERVICE]],
  ['PORT', '65536', [QUERY_SERVICE]],
  ['NATS_URL', 'nonsense', BOTH],
  ['NATS_URL', 'http://127.0.0.1:4222', [COMMAND_SERVICE]],
  ['NATS_URL', 'nats://127.0.0.1:99999', [QUERY_SERVICE]],
  ['NATS_URL', 'nats://127.0.0.1:4222,,', [COMMAND_SERVICE]],
  ['STREAM_REPLICAS', '0', BOTH],
  ['STREAM_REPLICAS', '6', [COMMAND_SERVICE]],
  ['STREAM_REPLICAS', 'three', [QUERY_SERVICE]],
  ['JETBANK_PROVISION', 'yes', BOTH],
  ['DRAIN_SECONDS', '5s', [COMMAND_SERVICE]],
  ['LOG_LEVEL', 'loud', [QUERY_SERVICE]],
  ['DEFAULT_CURRENCY', 'XQQ', [COMMAND_SERVICE]],
  ['MAX_WAITING_PER_ACCOUNT', '0', [COMMAND_SERVICE]],
  ['MAX_OPEN_COMMANDS', '1e9', [COMMAND_SERVICE]],
  ['MONGO_URI', 'postgres://user:hunter2@127.0.0.1/bank', [QUERY_SERVICE]],
  ['MONGO_URI', 'mongodb://', [QUERY_SERVICE]],
  ['MONGO_URI', 'mongodb://user:hunter2@127.0.0.1:port/bank', [QUERY_SERVICE]],
  ['MONGO_URI', 'mongodb://user:hunter2@127.0.0.1/bank?nonsense=1', [QUERY_SERVICE]],
];

describe('a wrong setting ends the service with 1 and one line that names it', () => {
  const cases = WRONG.flatMap(([name, value, entries]) =>
    entries.map((entry) => ({ entry, name, value })),
  );
  test.concurrent.each(cases)('$entry with $name=$value', async ({ entry, name, value }) => {
    const { stdout, stderr, exited } = await startService(entry, { [name]: value });
    expect(await exited).toEqual({ code: 1, signal: null });
    expect(stderr).toEqual([]);
    expect(stdout.length, stdout.join('\n')).toBe(1);
    const { level, msg } = JSON.parse(stdout[0]!) as { level: string; msg: string };
    expect(level).toBe('fatal');
    expect(msg).toContain(name);
    expect(stdout[0]).not.toContain('hunter2');
  });

  test.concurrent.each(BOTH)('%s names all that is wrong at once', async (entry) => {
    const wrong = { PORT: 'x', NATS_URL: 'x', STREAM_REPLICAS: 'x' };
    const { stdout, exited } = await startService(entry, wrong);
    expect((await exited).code).toBe(1);
    for (const name of Object.keys(wrong)) expect(stdout.join('\n')).toContain(name);
  });
});

describe('a port that is taken', () => {
  let nats: TestNats;
  beforeAll(async () => {
    nats = await startTestNats();
  });
  afterAll(() => nats.remove());

  test.each(BOTH)('ends %s with 1 and a line that names PORT', async (entry) => {
    // nats-server itself listens there.
    const port = String(nats.port);
    const { stdout, exited } = await startService(entry, { PORT: port, NATS_URL: nats.url });
    expect(await exited).toEqual({ code: 1, signal: null });
    const [told, ...others] = stdout.filter((line) => line.includes('"level":"fatal"'));
    expect(others).toEqual([]);
    expect(told).toContain(`PORT ${port}`);
    expect(told).toMatch(/"msg":"HOST \S+, PORT \d+: cannot listen: [^"]*EADDRINUSE[^"]*"}$/);
    expect(told?.match(/EADDRINUSE/g)).toHaveLength(1);
    expect(told).not.toContain('stack');
  });
});
