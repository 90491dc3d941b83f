// What is left of each price after what a unit costs. Exact: amounts are whole minor units, shares are counted with integers.
import type { Money, Product } from '../../wire/types.ts';

/** One price of an offer, and what it brings. */
export interface Margin {
  kind: 'price' | 'coupon' | 'bundle';
  price: Money;
  /** Below zero = sold at a loss. */
  left: Money;
  /** Of the price, in tenths of a percent, rounded towards zero; `null` for a price of nothing. */
  permille: number | null;
}

function marginOf(kind: Margin['kind'], price: Money, cost: number): Margin {
  const left = price.minor - cost;
  const share = price.minor === 0 ? null : Number((BigInt(left) * 1000n) / BigInt(price.minor));
  return { kind, price, left: { minor: left, currency: price.currency }, permille: share };
}

/** Of the live price, each fall of it, each with the coupon, and of the bundle where all of its costs are known. */
export function marginsOf(product: Product, costOf: (id: string) => Money | null): Margin[] {
  const { cost, offer } = product;
  if (cost === null || cost.currency !== offer.live_price.currency) return [];
  const prices = [offer.live_price, ...offer.steps.map((step) => step.price)];
  const off = offer.coupon?.off ?? null;
  const singles = prices.flatMap((price) => {
    const plain = marginOf('price', price, cost.minor);
    if (off === null || off.minor > price.minor) return [plain];
    const reduced = { ...price, minor: price.minor - off.minor };
    return [plain, marginOf('coupon', reduced, cost.minor)];
  });
  if (offer.bundle === null) return singles;
  let sum = cost.minor * offer.bundle.units;
  for (const part of offer.bundle.with) {
    const own = costOf(part.product);
    if (own === null || own.currency !== cost.currency) return singles;
    sum += own.minor * part.units;
  }
  return [...singles, marginOf('bundle', offer.bundle.price, sum)];
}
