// What somebody looked at before viewers see a product, as the page shows it.
import type { MessageKey } from '../messages/text.ts';
import type { VetItem, VetTick, VettingView } from '../wire/types.ts';

/** The points that every seller has, and their words. */
export const USUAL = [
  ['sample', 'vetting.sample'],
  ['label', 'vetting.label'],
  ['price', 'vetting.price'],
  ['stock', 'vetting.stock'],
  ['claims', 'vetting.claims'],
] as const satisfies readonly (readonly [VetItem, MessageKey])[];

/** A point of the list, its words where they are ours, and who looked. */
export interface Point {
  item: VetItem;
  words: MessageKey | null;
  own: string;
  tick: VetTick | undefined;
}

const same = (a: VetItem, b: VetItem): boolean => JSON.stringify(a) === JSON.stringify(b);

export function pointsOf(vetting: VettingView, product: string): Point[] {
  const ticks = vetting.vetted[product] ?? [];
  const tickOf = (item: VetItem): VetTick | undefined => ticks.find((tick) => same(tick.item, item));
  const usual = USUAL.map(([item, words]) => ({ item, words, own: '', tick: tickOf(item) }));
  const own = vetting.rule.own.map((text): Point => {
    const item = { own: text };
    return { item, words: null, own: text, tick: tickOf(item) };
  });
  return [...usual, ...own];
}

/** How many points keep the product from viewers; none while vetting is off or somebody gave a reason. */
export function openPoints(vetting: VettingView | null, product: string): number {
  if (vetting === null || vetting.rule.asked === 'never') return 0;
  if (vetting.overrides[product] !== undefined) return 0;
  return pointsOf(vetting, product).filter((point) => point.tick === undefined).length;
}
