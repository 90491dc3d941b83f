// A product as it stands in the fields of its editor, and back.
import type { MessageKey } from '../../messages/text.ts';
import {
  amountOf,
  amountText,
  countOf,
  isCurrency,
  linkOf,
  momentOf,
  momentText,
  plain,
  spanOf,
  spanText,
} from '../../state/typed.ts';
import type { Bundle, Facts, Money, Product, Text } from '../../wire/types.ts';

export interface StepDraft {
  /** As `3:00` or in minutes. */
  after: string;
  price: string;
}

export interface LinkDraft {
  platform: string;
  url: string;
}

/** Several units or products at one price; all empty = none. */
export interface BundleDraft {
  units: string;
  price: string;
  with: { product: string; units: string }[];
}

/** What the show takes (crates/show/src/product_check.rs): seconds of a day, and units for one buyer. */
const DAY_S = 86_400;
const LIMIT_MAX = 99_999;

/** Every field as typed. */
export interface Draft {
  title: Text;
  short_title: Text;
  spec: Text;
  photo: string | null;
  more_photos: string[];
  currency: string;
  live: string;
  list: string;
  evidence: string;
  quantity: string;
  countdown: string;
  limit: string;
  coupon: Text;
  coupon_off: string;
  gift: Text;
  steps: StepDraft[];
  /** As `2026-11-11T20:00` of this computer's clock. */
  starts: string;
  ends: string;
  bundle: BundleDraft;
  cost: string;
  place: Text;
  grower: Text;
  harvested: string;
  origin_evidence: string;
  facts: Facts;
  /** One a line. */
  points: string;
  gtin: string;
  link: string;
  links: LinkDraft[];
}

/** A field that cannot be read: its label, and why. */
export interface Fault {
  field: MessageKey;
  why: MessageKey;
}

/** Each answer and its label. */
export const FACTS = [
  ['shipping', 'editor.fact.shipping'],
  ['shelf_life', 'editor.fact.shelf_life'],
  ['size', 'editor.fact.size'],
  ['usage', 'editor.fact.usage'],
  ['after_sales', 'editor.fact.after_sales'],
] as const satisfies readonly (readonly [keyof Facts, MessageKey])[];

const noText = (): Text => ({ zh: '', en: '' });
const noFacts = (): Facts => ({
  shipping: noText(),
  shelf_life: noText(),
  size: noText(),
  usage: noText(),
  after_sales: noText(),
});

const isEmpty = (text: Text): boolean => text.zh === '' && text.en === '';
const trimmed = (text: Text): Text => ({ zh: text.zh.trim(), en: text.en.trim() });

/** The fields of a product, or of a new one in this currency. */
export function draftOf(product: Product | null, currency: string): Draft {
  const offer = product?.offer;
  const price = (money: Money | null | undefined): string => (money ? amountText(money) : '');
  return {
    title: { ...(product?.title ?? noText()) },
    short_title: { ...(product?.short_title ?? noText()) },
    spec: { ...(product?.spec ?? noText()) },
    photo: product?.photo ?? null,
    more_photos: [...(product?.more_photos ?? [])],
    currency: offer?.live_price.currency ?? currency,
    live: price(offer?.live_price),
    list: price(offer?.list_price),
    evidence: offer?.list_price_evidence ?? '',
    quantity: offer?.quantity?.toString() ?? '',
    countdown: offer?.countdown_s ? spanText(offer.countdown_s) : '',
    limit: offer?.limit_per_person?.toString() ?? '',
    coupon: { ...(offer?.coupon?.text ?? noText()) },
    coupon_off: price(offer?.coupon?.off),
    gift: { ...(offer?.gift ?? noText()) },
    steps: (offer?.steps ?? []).map((step) => ({
      after: spanText(step.after_s),
      price: amountText(step.price),
    })),
    starts: momentText(offer?.starts),
    ends: momentText(offer?.ends),
    bundle: {
      units: offer?.bundle?.units.toString() ?? '',
      price: price(offer?.bundle?.price),
      with: (offer?.bundle?.with ?? []).map((part) => ({
        product: part.product,
        units: String(part.units),
      })),
    },
    cost: price(product?.cost),
    place: { ...(product?.origin?.place ?? noText()) },
    grower: { ...(product?.origin?.grower ?? noText()) },
    harvested: product?.origin?.harvested ?? '',
    origin_evidence: product?.origin?.evidence ?? '',
    facts: structuredClone(product?.facts ?? noFacts()),
    points: (product?.talking_points ?? []).join('\n'),
    gtin: product?.gtin ?? '',
    link: product?.link ?? '',
    links: Object.entries(product?.links ?? {}).map(([platform, url]) => ({ platform, url: url ?? '' })),
  };
}

/** Reads typed values and notes those that cannot be read. */
class Reader {
  readonly faults: Fault[] = [];

  /** `null` for an empty field. */
  read<T>(text: string, field: MessageKey, why: MessageKey, of: (text: string) => T | null): T | null {
    if (text.trim() === '') return null;
    const value = of(text);
    if (value === null) this.faults.push({ field, why });
    return value;
  }
}

function bundleOf(
  draft: BundleDraft,
  reader: Reader,
  money: (text: string, field: MessageKey) => Money | null,
  count: (text: string, field: MessageKey) => number | null,
): Bundle | null {
  const parts = draft.with.filter((part) => part.product !== '');
  const typed = [draft.units, draft.price].filter((text) => text.trim() !== '').length;
  if (typed === 0 && parts.length === 0) return null;
  if (typed < 2) reader.faults.push({ field: 'editor.bundle', why: 'editor.bundle_half' });
  const units = count(draft.units, 'editor.bundle_units');
  const price = money(draft.price, 'editor.bundle_price');
  const each = parts.map((part) => ({
    product: part.product,
    units: count(part.units, 'editor.bundle_with_units') ?? 1,
  }));
  return units === null || price === null ? null : { units, price, with: each };
}

/** The product that the fields say, or every field that cannot be read. The studio checks the rest when it is saved. */
export function productOf(id: string, draft: Draft): { product: Product } | { faults: Fault[] } {
  const reader = new Reader();
  const currency = draft.currency.trim().toUpperCase();
  const money = (text: string, field: MessageKey): Money | null =>
    reader.read(text, field, 'editor.price_unreadable', (typed) => amountOf(typed, currency));
  const count = (text: string, field: MessageKey): number | null =>
    reader.read(text, field, 'editor.count_unreadable', countOf);
  const span = (text: string, field: MessageKey): number | null => {
    const seconds = reader.read(text, field, 'editor.span_unreadable', spanOf);
    if (seconds === null || (seconds >= 1 && seconds <= DAY_S)) return seconds;
    reader.faults.push({ field, why: 'editor.span_range' });
    return null;
  };
  const address = (text: string, field: MessageKey): string | null =>
    reader.read(text, field, 'editor.link_unreadable', linkOf);

  if (isEmpty(trimmed(draft.title))) reader.faults.push({ field: 'editor.title', why: 'editor.missing' });
  if (draft.live.trim() === '') reader.faults.push({ field: 'editor.live', why: 'editor.missing' });
  if (!isCurrency(currency)) reader.faults.push({ field: 'editor.currency', why: 'editor.currency_unknown' });
  const live = money(draft.live, 'editor.live');
  const list = money(draft.list, 'editor.list');
  const off = money(draft.coupon_off, 'editor.coupon_off');
  const coupon = trimmed(draft.coupon);
  const steps = draft.steps
    .filter((step) => step.after.trim() !== '' || step.price.trim() !== '')
    .map((step) => {
      const whole = step.after.trim() !== '' && step.price.trim() !== '';
      if (!whole) reader.faults.push({ field: 'editor.steps', why: 'editor.step_half' });
      return {
        after_s: span(step.after, 'editor.step_after'),
        price: money(step.price, 'editor.step_price'),
      };
    });
  const falls = steps.every(({ after_s, price }, i) => {
    const before = steps[i - 1] ?? { after_s: 0, price: live };
    const later = after_s === null || before.after_s === null || after_s > before.after_s;
    return later && (price === null || before.price === null || price.minor < before.price.minor);
  });
  if (!falls) reader.faults.push({ field: 'editor.steps', why: 'editor.steps_not_falling' });
  const links = draft.links
    .filter((link) => link.platform !== '' && link.url.trim() !== '')
    .map(({ platform, url }) => ({ platform, url: address(url, 'editor.link_add') ?? '' }));
  const origin = {
    place: trimmed(draft.place),
    grower: trimmed(draft.grower),
    harvested: draft.harvested,
    evidence: draft.origin_evidence.trim(),
  };
  const hasOrigin =
    !isEmpty(origin.place) || !isEmpty(origin.grower) || origin.harvested !== '' || origin.evidence !== '';
  const facts = Object.fromEntries(
    FACTS.map(([name]) => [name, trimmed(draft.facts[name])]),
  ) as unknown as Facts;
  const quantity = count(draft.quantity, 'editor.quantity');
  const countdown_s = span(draft.countdown, 'editor.countdown');
  const limit_per_person = count(draft.limit, 'editor.limit');
  if (limit_per_person !== null && (limit_per_person < 1 || limit_per_person > LIMIT_MAX))
    reader.faults.push({ field: 'editor.limit', why: 'editor.limit_range' });
  const link = address(draft.link, 'editor.link');
  const starts = reader.read(draft.starts, 'editor.starts', 'editor.time_unreadable', momentOf);
  const ends = reader.read(draft.ends, 'editor.ends', 'editor.time_unreadable', momentOf);
  const bundle = bundleOf(draft.bundle, reader, money, count);
  const cost = money(draft.cost, 'editor.cost');
  if (live === null || reader.faults.length > 0) return { faults: reader.faults };
  const product: Product = {
    id,
    title: trimmed(draft.title),
    short_title: trimmed(draft.short_title),
    photo: draft.photo,
    more_photos: draft.more_photos,
    spec: trimmed(draft.spec),
    offer: {
      live_price: live,
      list_price: list,
      quantity,
      countdown_s,
      list_price_evidence: draft.evidence.trim(),
      coupon: isEmpty(coupon) && off === null ? null : { text: coupon, off },
      gift: trimmed(draft.gift),
      limit_per_person,
      starts,
      ends,
      bundle,
      steps: steps.flatMap(({ after_s, price }) =>
        after_s === null || price === null ? [] : [{ after_s, price }],
      ),
    },
    gtin: plain(draft.gtin) === '' ? null : plain(draft.gtin),
    link,
    links: Object.fromEntries(links.map(({ platform, url }) => [platform, url])),
    talking_points: draft.points
      .split('\n')
      .map((point) => point.trim())
      .filter((point) => point !== ''),
    origin: hasOrigin ? origin : null,
    facts: FACTS.every(([name]) => isEmpty(facts[name])) ? null : facts,
    cost,
  };
  return { product };
}
