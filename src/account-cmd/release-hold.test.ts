import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createLogger } from '../platform/logger.ts';
import type { CommandAnswer } from './command.ts';
import { releaser } from './release-hold.ts';

const END = 1_000_000;
const MINUTE = 60_000;

interface Fired {
  readonly answer: CommandAnswer;
  readonly lateMs: number;
  readonly deliveryCount?: number;
  readonly timersAreAway?: boolean;
}

/** What the server is told of a timer that fires, or comes again, so long after the end of its hold. */
async function told({ answer, lateMs, deliveryCount = 1, timersAreAway }: Fired) {
  const calls: (readonly [string, (number | undefined)?])[] = [];
  const release = releaser({
    commands: { execute: () => Promise.resolve(answer) },
    timers: {
      schedule({ expiresAt }, at = 0) {
        if (timersAreAway === true) return Promise.reject(new Error('no stream takes it'));
        expect(expiresAt).toBe(END);
        calls.push(['set anew', at - END - lateMs]);
        return Promise.resolve();
      },
    },
    log: createLogger('test', 'silent'),
    now: () => END + lateMs,
  });
  await release({
    subject: `bank.timer.due.${randomUUID()}.${randomUUID()}.${END}`,
    info: { deliveryCount },
    ack: () => calls.push(['ack']),
    nak: (waitMs) => calls.push(['nak', waitMs]),
    term: () => calls.push(['term']),
  });
  return calls;
}

const unavailable = { kind: 'unavailable', detail: 'the log cannot be read' } as const;
const failed = { kind: 'failed' } as const;

test.each<CommandAnswer>([{ kind: 'key_reused' }, { kind: 'version_mismatch', actual: 2 }])(
  'a timer whose command is answered %o has done its work',
  async (answer) => {
    expect(await told({ answer, lateMs: 5 })).toEqual([['ack']]);
  },
);

test.each([unavailable, failed])(
  'a timer whose command is answered %o comes again soon, then later',
  async (answer) => {
    expect(await told({ answer, lateMs: 5 })).toEqual([['nak', 500]]);
    expect(await told({ answer, lateMs: 1_500, deliveryCount: 3 })).toEqual([['nak', 2_000]]);
  },
);

test.each([unavailable, failed])(
  'a timer whose command is answered %o for longer makes room for others, however often it came',
  async (answer) => {
    for (const deliveryCount of [1, 1_000]) {
      const late = { answer, deliveryCount };
      expect(await told({ ...late, lateMs: 2 * MINUTE })).toEqual([
        ['set anew', 2 * MINUTE],
        ['ack'],
      ]);
      expect(await told({ ...late, lateMs: 10_000 * MINUTE })).toEqual([
        ['set anew', 5 * MINUTE],
        ['ack'],
      ]);
    }
  },
);

test('a timer that cannot be set anew stays', async () => {
  const away = { answer: unavailable, lateMs: 9 * MINUTE, timersAreAway: true };
  expect(await told({ ...away, deliveryCount: 1_000 })).toEqual([['nak', MINUTE]]);
});
