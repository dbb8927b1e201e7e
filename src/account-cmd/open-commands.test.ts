import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { ask, deposit } from '../../test/support/command-requests.ts';
import { depositAfter, opening } from '../../test/support/account-events.ts';
import type { BatchPlan } from './decide-batch.ts';
import { OpenCommands } from './open-commands.ts';

test('a command of several lost appends may still land with any of them', () => {
  const [ada, bob] = [randomUUID(), randomUUID()];
  const { pending } = ask(deposit(ada, '1.00'));
  const open = new OpenCommands([pending]);
  const plan: BatchPlan = {
    events: [{ event: depositAfter(opening(ada)) }],
    written: [{ pending, begin: 0, end: 1 }],
    answered: [],
  };
  const at = (adas: number, bobs: number) => (id: string) => (id === ada ? adas : bobs);
  expect(open.mayStillLand(pending, at(5, 8))).toBe(false);
  open.mayBeStored(plan, new Map([[ada, 5]]));
  open.mayBeStored(
    plan,
    new Map([
      [ada, 5],
      [bob, 8],
    ]),
  );
  expect(open.mayStillLand(pending, at(5, 8))).toBe(true);
  expect(open.mayStillLand(pending, at(5, 9))).toBe(true);
  expect(open.mayStillLand(pending, at(6, 8))).toBe(false);
});
