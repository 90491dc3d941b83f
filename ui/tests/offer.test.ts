import { expect, test } from 'vitest';
import { nextStep, onAirMs, priceAfter, secondsUntil } from '../src/state/offer.ts';

const yuan = (minor: number) => ({ minor, currency: 'CNY' });
const offer = {
  live_price: yuan(2990),
  steps: [
    { after_s: 60, price: yuan(2690) },
    { after_s: 75, price: yuan(1990) },
  ],
};

test('the price falls at its millisecond, as on the picture', () => {
  for (const [ms, minor] of [
    [0, 2990],
    [59_999, 2990],
    [60_000, 2690],
    [74_999, 2690],
    [75_000, 1990],
    [900_000, 1990],
  ] as const)
    expect(priceAfter(offer, ms).minor).toBe(minor);
});

test('the next fall counts whole seconds, rounded up, and there is none after the last', () => {
  const seconds = (ms: number): number | null => {
    const step = nextStep(offer, ms);
    return step === null ? null : secondsUntil(step, ms);
  };
  expect([0, 1, 59_999, 60_000, 74_999, 75_000].map(seconds)).toEqual([60, 60, 1, 15, 1, null]);
});

test('a product that is not on air has not begun to fall', () => {
  const on = { product: 'apple', since: 1_000 };
  expect(onAirMs(on, 'pear', 99_000)).toBe(0);
  expect(onAirMs(on, 'apple', 900)).toBe(0);
  expect(onAirMs(on, 'apple', 61_000)).toBe(60_000);
  expect(onAirMs(null, 'apple', 61_000)).toBe(0);
});
