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
): boolean[] {
  const order = deliveryOrder();
  return deliveries.map((delivery) => order.follows(delivery));
}

test('the first delivery follows on nothing, wherever the consumer stands', () => {
  expect(followers([first(1)])).toEqual([false]);
  expect(followers([first(8), first(9)])).toEqual([false, true]);
});

test('new ones follow on one another without a gap in the numbers', () => {
  expect(followers([first(1), first(2), first(3), first(5), first(6)])).toEqual([
    false,
    true,
    true,
    false,
    true,
  ]);
});

test('redeliveries in between break nothing, and follow on nothing', () => {
  expect(followers([first(1), again(2), again(3), first(4)])).toEqual([false, false, false, true]);
});

test('after a gap a redelivery is no new beginning', () => {
  expect(followers([first(2), again(5), first(6), first(7)])).toEqual([false, false, false, true]);
});

test('a new pin is a gap: another client may have had deliveries of the same numbers', () => {
  expect(followers([first(1), first(2, 'b'), first(3, 'b')])).toEqual([false, false, true]);
});

test('after a change of leader the same numbers come again', () => {
  expect(followers([first(9), first(10), first(9), first(10), first(11)])).toEqual([
    false,
    true,
    false,
    true,
    true,
  ]);
});
