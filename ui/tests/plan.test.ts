import { describe, expect, it } from 'vitest';
import { demoShow } from '../dev/demo.ts';
import { planOf } from '../src/state/plan.ts';
import { openPoints, pointsOf } from '../src/state/vetting.ts';
import { marginsOf } from '../src/settings/product/margin.ts';
import { PRODUCTS } from '../dev/demo.ts';
import type { Product, RundownItem, ShowView, VettingView } from '../src/wire/types.ts';

const item = (product: string, planned_s: number): RundownItem => ({
  product,
  planned_s,
  demonstration: '',
  holder: '',
});
const T0 = 1_000_000;

function show(change: Partial<ShowView>): ShowView {
  const rundown = [item('a', 180), item('b', 120), item('c', 60)];
  return {
    ...demoShow(T0),
    rundown,
    on_air: null,
    aired_ms: {},
    phase: { phase: 'live', since: T0 },
    ...change,
  };
}

describe('the plan of the whole show', () => {
  it('counts what was used and what is still to come', () => {
    expect(planOf(show({ rundown: [item('a', 0)] }), T0)).toBeNull();
    expect(planOf(show({ phase: { phase: 'idle' } }), T0)).toEqual({
      planned: 360,
      used: 0,
      rest: 360,
      over: 0,
    });
    const first = show({ on_air: { product: 'a', since: T0 } });
    expect(planOf(first, T0 + 60_000)).toEqual({ planned: 360, used: 60, rest: 300, over: 0 });
    // A minute too long.
    expect(planOf(first, T0 + 240_000)?.over).toBe(60);
    // Taken off a minute early: what is left of it will not be needed.
    const second = show({ on_air: { product: 'b', since: T0 + 120_000 }, aired_ms: { a: 120_000 } });
    expect(planOf(second, T0 + 120_000)).toEqual({ planned: 360, used: 120, rest: 180, over: -60 });
    // Nobody sells: the show grows longer.
    expect(planOf(show({}), T0 + 30_000)?.over).toBe(30);
  });

  it('begins with the broadcast, not with what stood on the picture before', () => {
    const early = show({ on_air: { product: 'a', since: T0 - 500_000 } });
    expect(planOf(early, T0 + 30_000)?.over).toBe(0);
  });
});

describe('what was looked at', () => {
  const vetting: VettingView = {
    rule: { asked: 'live', own: ['冷链'] },
    vetted: {
      a: [
        { item: 'sample', by: '小李', at: 1 },
        { item: { own: '冷链' }, by: '小李', at: 2 },
      ],
    },
    overrides: {},
  };

  it('names every point, and none is open while nobody asks or somebody gave a reason', () => {
    expect(pointsOf(vetting, 'a').filter((point) => point.tick).length).toBe(2);
    expect(openPoints(vetting, 'a')).toBe(4);
    expect(openPoints(vetting, 'b')).toBe(6);
    expect(openPoints({ ...vetting, rule: { asked: 'never', own: [] } }, 'b')).toBe(0);
    const overrides = { b: { reason: '样品在路上', by: '店主', at: 3 } };
    expect(openPoints({ ...vetting, overrides }, 'b')).toBe(0);
    expect(openPoints(null, 'a')).toBe(0);
  });
});

describe('the margin', () => {
  const price = (minor: number) => ({ minor, currency: 'CNY' });
  const fuji: Product = { ...PRODUCTS[0]!, cost: price(1850) };

  it('is exact for each step, with the coupon, and of a bundle whose costs are known', () => {
    const offer = {
      ...fuji.offer,
      live_price: price(2990),
      steps: [{ after_s: 60, price: price(1790) }],
      coupon: { text: { zh: '', en: '' }, off: price(500) },
      bundle: { units: 2, price: price(5000), with: [{ product: 'pear', units: 1 }] },
    };
    const margins = marginsOf({ ...fuji, offer }, () => price(1000));
    expect(margins.map((it) => [it.kind, it.price.minor, it.left.minor, it.permille])).toEqual([
      ['price', 2990, 1140, 381],
      ['coupon', 2490, 640, 257],
      ['price', 1790, -60, -33],
      ['coupon', 1290, -560, -434],
      ['bundle', 5000, 300, 60],
    ]);
    expect(marginsOf({ ...fuji, offer }, () => null).length).toBe(4);
    expect(marginsOf({ ...fuji, cost: null }, () => null)).toEqual([]);
  });
});
