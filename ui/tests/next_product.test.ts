import { expect, it } from 'vitest';
import { demoShow } from '../dev/demo.ts';
import { nextOf } from '../src/state/next_product.ts';

it('is the line of the rundown that the engine names, and none where it names none', () => {
  const show = demoShow(0);
  const third = show.rundown[2]!.product;
  expect(nextOf({ ...show, next: third })?.product).toBe(third);
  expect(nextOf({ ...show, next: null })).toBeUndefined();
  expect(nextOf({ ...show, next: 'gone' })).toBeUndefined();
  expect(nextOf(null)).toBeUndefined();
});
