// What the rules of honest selling found, as the page shows it, and the words of a correction.
import { money, textOf } from '../format.ts';
import { both } from '../messages/both.ts';
import type { MessageKey } from '../messages/text.ts';
import type { CorrectionKind, FindingView, Product, Text } from '../wire/types.ts';

/** The one mark that stands beside a product. */
export interface Mark {
  level: 'forbidden' | 'unvetted' | 'warn' | 'reasoned';
  count: number;
}

/**
 * Forbidden words that nobody gave a reason for come first, then points that nobody looked at (so many are `unvetted`), then
 * warnings, and those before what was let through.
 */
export function markOf(found: readonly FindingView[] = [], unvetted = 0): Mark | null {
  if (found.length === 0 && unvetted === 0) return null;
  const open = found.filter((finding) => finding.overridden === null);
  const forbidden = open.filter((finding) => finding.level === 'forbidden');
  if (forbidden.length > 0) return { level: 'forbidden', count: forbidden.length };
  if (unvetted > 0) return { level: 'unvetted', count: unvetted };
  if (open.length > 0) return { level: 'warn', count: open.length };
  return { level: 'reasoned', count: found.length };
}

const PLACES: Record<string, MessageKey> = {
  title: 'selling.in_title',
  short_title: 'selling.in_short_title',
  spec: 'selling.in_spec',
  talking_point: 'selling.in_talking_point',
  coupon: 'selling.in_coupon',
  gift: 'selling.in_gift',
  demonstration: 'selling.in_demonstration',
  origin: 'selling.in_origin',
  facts: 'selling.in_facts',
  price: 'selling.in_price',
  ticker: 'selling.in_ticker',
};

export function placeOf(finding: FindingView): MessageKey {
  return PLACES[finding.place] ?? 'selling.in_spec';
}

/** A title may have 300 letters, a correction 120. */
const TITLE_MAX = 36;

function short(title: string): string {
  const letters = [...title];
  return letters.length <= TITLE_MAX ? title : `${letters.slice(0, TITLE_MAX - 1).join('')}…`;
}

/** What viewers read, in both languages of the cards. */
export function correctionText(product: Product, kind: CorrectionKind): Text {
  const value = (lang: 'zh-CN' | 'en'): Record<string, string> => ({
    // As the card names it: a correction is read beside it.
    product: short(product.short_title[lang === 'en' ? 'en' : 'zh'].trim() || textOf(product.title, lang)),
    price: money(product.offer.live_price, lang),
  });
  return kind === 'price'
    ? both('correction.price', value('zh-CN'), value('en'))
    : both('correction.claim', value('zh-CN'), value('en'));
}
