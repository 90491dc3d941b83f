// Polls, draws and auctions: what the fields say, and what is told of a game that runs.
import { amountOf } from './typed.ts';
import type { LotteryView, Money, PollOption, PollView, Product, ShowView } from '../wire/types.ts';

export interface AnswerDraft {
  label: string;
  /** Further words that choose it, with commas or spaces between them. */
  words: string;
}

/** Answers that fit the picture. */
export const ANSWERS_MAX = 6;

const plain = (text: string): string => text.normalize('NFKC').trim().toLowerCase();

/** Every answer with text: its number, its own words and what was typed beside it choose it. */
export function answersOf(drafts: readonly AnswerDraft[]): PollOption[] {
  const filled = drafts.filter((draft) => draft.label.trim() !== '');
  return filled.map((draft, index) => {
    const label = draft.label.trim();
    const typed = draft.words.split(/[\s,，、;；]+/);
    const own = Array.from(label).length <= 20 ? [label] : [];
    const words = new Map([String(index + 1), ...own, ...typed].map((word) => [plain(word), word.trim()]));
    words.delete('');
    return { label, keywords: [...words.values()].slice(0, 8) };
  });
}

/** Share of an answer in thousandths; 0 while nobody answered. */
export function shareOf(counts: readonly number[], index: number): number {
  const all = counts.reduce((sum, count) => sum + count, 0);
  return all === 0 ? 0 : Math.floor(((counts[index] ?? 0) * 1000) / all);
}

export function isLeading(counts: readonly number[], index: number): boolean {
  const most = Math.max(0, ...counts);
  return most > 0 && counts[index] === most;
}

export const pollIsOver = (poll: PollView, now: number): boolean =>
  poll.closed !== null || now >= poll.terms.until;

export const secondsTo = (until: number, now: number): number => Math.max(0, Math.ceil((until - now) / 1000));

/** `platform`, tabulator, name. */
export function winnerOf(who: string): { platform: string; name: string } {
  const cut = who.indexOf('\t');
  return cut < 0 ? { platform: '', name: who } : { platform: who.slice(0, cut), name: who.slice(cut + 1) };
}

/** A bidder by name, with the platform behind it; one whose bid was taken by hand has none. */
export function bidderOf(who: string): string {
  const { platform, name } = winnerOf(who);
  return platform === '' ? name : `${name} · ${platform}`;
}

/** What a game's amounts are in: of the product it is about, else of the one on air, else of the first of the rundown. */
export function currencyOf(
  show: Pick<ShowView, 'on_air' | 'rundown'> | null,
  products: Readonly<Record<string, Product>>,
  about = '',
): string {
  const ids = [about, show?.on_air?.product ?? '', ...(show?.rundown ?? []).map((item) => item.product)];
  const known = ids.flatMap((id) => products[id] ?? [])[0] ?? Object.values(products)[0];
  return known?.offer.live_price.currency ?? 'CNY';
}

/** An amount that may be left out: `null` = none, `undefined` = it cannot be read. */
export function optionalAmount(text: string, currency: string): Money | null | undefined {
  return text.trim() === '' ? null : (amountOf(text, currency) ?? undefined);
}

export type LotteryStep = 'open' | 'closing' | 'closed' | 'drawn';

export function lotteryStep(lottery: LotteryView, now: number): LotteryStep {
  if (lottery.drawn !== null) return 'drawn';
  if (lottery.closed !== null) return 'closed';
  return now < lottery.until ? 'open' : 'closing';
}

/** `0123 4567 …`, as the picture shows it. */
export const inFours = (digits: string): string => digits.slice(0, 32).replace(/(.{4})(?=.)/g, '$1 ');
