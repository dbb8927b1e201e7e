import { expect, test } from 'vitest';
import { deliveryOrder } from './delivery-order.ts';

const first = (deliverySequence: number, pin = 'a') => ({
  deliverySequence,
  deliveryCount: 1,
  pin,
});
const again = (deliverySequence: number, pin = 'a') => ({
  deliverySequence,
  deliveryCount: 2,
  pin,
});

/** Which of the deliveries follow on the one before. */
function followers(
  deliveries: readonly Parameters<ReturnType<typeof deliveryOrder>['follows']>[0][],
  delivered?: number,
): boolean[] {
  const order = deliveryOrder(delivered);
  return deliveries.map((delivery) => order.follows(delivery));
}

test('the first delivery follows only on what the consumer has delivered before', () => {
  expect(followers([first(1)])).toEqual([false]);
  expect(followers([first(8)], 7)).toEqual([true]);
  expect(followers([first(9)], 7)).toEqual([false]);
});

test('new ones follow on one another without a gap in the numbers', () => {
  expect(followers([first(1), first(2), first(3), first(5), first(6)], 0)).toEqual([
    true,
    true,
    true,
    false,
    true,
  ]);
});

test('redeliveries in between break nothing, and follow on nothing', () => {
  expect(followers([first(1), again(2), again(3), first(4)], 0)).toEqual([
    true,
    false,
    false,
    true,
  ]);
});

test('after a gap a redelivery is no new beginning', () => {
  expect(followers([again(5), first(6), first(7)], 2)).toEqual([false, false, true]);
});

test('a new pin is a gap: another client may have had deliveries of the same numbers', () => {
  expect(followers([first(1), first(2, 'b'), first(3, 'b')], 0)).toEqual([true, false, true]);
});

test('after a change of leader the same numbers come again', () => {
  expect(followers([first(9), first(10), first(9), first(10), first(11)], 8)).toEqual([
    true,
    true,
    false,
    true,
    true,
  ]);
});
