import { expect, it } from 'vitest';
import { demoShow } from '../dev/demo.ts';
import { nextOf } from '../src/state/next_product.ts';

it('comes after the product on air and is not sold out', () => {
  const show = demoShow(0);
  const ids = show.rundown.map((item) => item.product);
  const on = (product: string | undefined, stock: Record<string, number>) => ({
    ...show,
    on_air: product === undefined ? null : { product, since: 0 },
    stock,
  });
  expect(nextOf(on(ids[1], {}))?.product).toBe(ids[2]);
  expect(nextOf(on(ids[1], { [ids[2]!]: 0 }))?.product).toBe(ids[3]);
  expect(nextOf(on(undefined, {}))?.product).toBe(ids[0]);
  expect(nextOf(on(ids.at(-1), {}))).toBeUndefined();
  expect(nextOf(null)).toBeUndefined();
});
