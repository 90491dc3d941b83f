// The price of the moment, counted as the engine counts it for the picture.
import type { Money, Offer, OnAir, PriceStep } from '../wire/types.ts';

/** The live price after so many milliseconds on air. */
export function priceAfter(offer: Pick<Offer, 'live_price' | 'steps'>, onAirMs: number): Money {
  let price = offer.live_price;
  for (const step of offer.steps) {
    if (step.after_s * 1000 > onAirMs) break;
    price = step.price;
  }
  return price;
}

/** The next fall of the price after so many milliseconds on air. */
export function nextStep(offer: Pick<Offer, 'steps'>, onAirMs: number): PriceStep | null {
  return offer.steps.find((step) => step.after_s * 1000 > onAirMs) ?? null;
}

/** Milliseconds on air; 0 for a product that is not, and while the page's clock is behind the press. */
export function onAirMs(onAir: OnAir | null | undefined, product: string, now: number): number {
  return onAir?.product === product ? Math.max(0, now - onAir.since) : 0;
}

/** Whole seconds until a step, rounded up: 1 during the last second, as on the picture. */
export function secondsUntil(step: PriceStep, onAir: number): number {
  return Math.ceil(Math.max(0, step.after_s * 1000 - onAir) / 1000);
}
