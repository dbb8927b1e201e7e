import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createLogger } from '../platform/logger.ts';
import type { CommandAnswer } from './command.ts';
import { releaser } from './release-hold.ts';

/** What the server is told of a timer at this delivery of it. */
async function told(answer: CommandAnswer, deliveryCount: number): Promise<string[]> {
  const calls: string[] = [];
  const release = releaser(
    { execute: () => Promise.resolve(answer) },
    createLogger('test', 'silent'),
  );
  await release({
    subject: `bank.timer.due.${randomUUID()}.${randomUUID()}.1000`,
    info: { deliveryCount },
    ack: () => calls.push('ack'),
    nak: () => calls.push('nak'),
    term: () => calls.push('term'),
  });
  return calls;
}

const unavailable = { kind: 'unavailable', detail: 'the log is away' } as const;

test.each<[CommandAnswer, number, string]>([
  [{ kind: 'failed' }, 1, 'nak'],
  [{ kind: 'failed' }, 11, 'nak'],
  [{ kind: 'failed' }, 12, 'term'],
  [{ kind: 'failed' }, 13, 'term'],
  [unavailable, 1, 'nak'],
  [unavailable, 1_000, 'nak'],
  [{ kind: 'key_reused' }, 1, 'ack'],
])('a timer whose command is answered %o at delivery %i: %s', async (answer, count, expected) => {
  expect(await told(answer, count)).toEqual([expected]);
});
