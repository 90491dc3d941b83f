import { expect, it } from 'vitest';
import { Lasting } from '../src/state/lasting.ts';

it('a peak passes and what stays is told', () => {
  const lasting = new Lasting(10_000);
  expect(lasting.holds(true, 0)).toBe(false);
  expect(lasting.holds(true, 9_000)).toBe(false);
  expect(lasting.holds(false, 9_500)).toBe(false);
  expect(lasting.holds(true, 10_500)).toBe(false);
  expect(lasting.holds(true, 20_500)).toBe(false);
  expect(lasting.holds(true, 20_501)).toBe(true);
  expect(lasting.holds(false, 21_000)).toBe(false);
});
