import { expect, it } from 'vitest';
import { Steady, STILL_MS } from '../src/state/steady.ts';

it('moves no row under a thumb, and none oftener than it can be aimed at', () => {
  const list = new Steady();
  expect(list.of([1, 2, 3], 0)).toEqual([1, 2, 3]);
  // Nobody is there, and it has stood long enough.
  expect(list.of([2, 1, 3], 10)).toEqual([2, 1, 3]);
  // It moved a moment ago: who comes stands below, who goes leaves at once.
  expect(list.of([4, 3, 2, 1], 500)).toEqual([2, 1, 3, 4]);
  expect(list.of([4, 3, 1], 600)).toEqual([1, 3, 4]);
  expect(list.of([4, 3, 1], 10 + STILL_MS)).toEqual([4, 3, 1]);
  // A thumb is at it for as long as it touches now and then.
  list.touch(20_000);
  expect(list.of([1, 3, 4], 20_001)).toEqual([4, 3, 1]);
  list.touch(22_000);
  expect(list.of([1, 3, 4], 20_000 + STILL_MS)).toEqual([4, 3, 1]);
  expect(list.of([1, 3, 4], 22_000 + STILL_MS)).toEqual([1, 3, 4]);
});
