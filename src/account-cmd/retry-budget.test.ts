import { expect, test } from 'vitest';
import { retryBudget } from './retry-budget.ts';

function budgetAt(options: { perSecond: number; burst: number }) {
  let now = 0;
  const budget = retryBudget(options, () => now);
  const takeAll = () => {
    let taken = 0;
    while (budget.take()) taken += 1;
    return taken;
  };
  return { takeAll, wait: (milliseconds: number) => void (now += milliseconds) };
}

test('a budget gives its burst and then no more', () => {
  expect(budgetAt({ perSecond: 10, burst: 5 }).takeAll()).toBe(5);
});

test('a budget fills with time, up to its burst', () => {
  const { takeAll, wait } = budgetAt({ perSecond: 10, burst: 5 });
  takeAll();
  wait(250);
  expect(takeAll()).toBe(2);
  wait(60_000);
  expect(takeAll()).toBe(5);
});
