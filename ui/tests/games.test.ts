import { describe, expect, it } from 'vitest';
import {
  answersOf,
  bidderOf,
  currencyOf,
  inFours,
  isLeading,
  lotteryStep,
  optionalAmount,
  pollIsOver,
  secondsTo,
  shareOf,
  winnerOf,
} from '../src/state/games.ts';
import type { LotteryView, PollView, Product } from '../src/wire/types.ts';

describe('answers of a poll', () => {
  it('are chosen by their number, by themselves and by what was typed beside them, each word once', () => {
    const typed = [
      { label: ' 红富士 ', words: '红，苹果 ①' },
      { label: '', words: '没有' },
      { label: 'B', words: 'b' },
    ];
    expect(answersOf(typed)).toEqual([
      { label: '红富士', keywords: ['①', '红富士', '红', '苹果'] },
      { label: 'B', keywords: ['2', 'b'] },
    ]);
  });

  it('have shares that never say more than there is', () => {
    expect([0, 1, 2].map((index) => shareOf([1, 1, 1], index))).toEqual([333, 333, 333]);
    expect(shareOf([0, 0], 0)).toBe(0);
    expect([0, 1, 2].map((index) => isLeading([2, 2, 1], index))).toEqual([true, true, false]);
    expect(isLeading([0, 0], 0)).toBe(false);
  });
});

describe('the end of a game', () => {
  it('is when nobody can take part any more, to the millisecond', () => {
    const poll = { closed: null, terms: { until: 61_000 } } as PollView;
    expect([60_999, 61_000].map((now) => pollIsOver(poll, now))).toEqual([false, true]);
    expect(pollIsOver({ ...poll, closed: 5 }, 6)).toBe(true);
    expect([59_999, 60_000, 70_000].map((now) => secondsTo(60_000, now))).toEqual([1, 0, 0]);
    const lottery = { until: 61_000, closed: null, drawn: null } as LotteryView;
    expect(lotteryStep(lottery, 60_999)).toBe('open');
    expect(lotteryStep(lottery, 61_000)).toBe('closing');
    const closed = { at: 61_100, entrants: 0, entrants_hash: '' };
    expect(lotteryStep({ ...lottery, closed }, 0)).toBe('closed');
    const drawn = { at: 62_000, seed: '', winners: [] };
    expect(lotteryStep({ ...lottery, closed, drawn }, 0)).toBe('drawn');
  });

  it('tells winners by platform and name, and the code as on the picture', () => {
    expect(winnerOf('twitch\tFang Li')).toEqual({ platform: 'twitch', name: 'Fang Li' });
    expect(inFours('0123456789abcdef'.repeat(4))).toBe('0123 4567 89ab cdef 0123 4567 89ab cdef');
  });
});

describe('what a game is about', () => {
  const of = (currency: string): Product => ({ offer: { live_price: { minor: 1, currency } } }) as Product;
  const products = { a: of('USD'), b: of('JPY'), c: of('EUR') };
  const show = {
    on_air: { product: 'b', since: 0 },
    rundown: [{ product: 'c', planned_s: 0, demonstration: '', holder: '' }],
  };

  it('has the money of the product chosen, else of the one on air, else of the first of the rundown', () => {
    expect(currencyOf(show, products, 'a')).toBe('USD');
    expect(currencyOf(show, products)).toBe('JPY');
    expect(currencyOf(show, products, 'gone')).toBe('JPY');
    expect(currencyOf({ ...show, on_air: null }, products)).toBe('EUR');
    expect(currencyOf({ on_air: null, rundown: [] }, products)).toBe('USD');
    expect(currencyOf(null, {})).toBe('CNY');
  });

  it('may have no reserve, but not one that cannot be read', () => {
    expect(optionalAmount(' ', 'CNY')).toBeNull();
    expect(optionalAmount('120', 'CNY')).toEqual({ minor: 12_000, currency: 'CNY' });
    expect(optionalAmount('viel', 'CNY')).toBeUndefined();
  });

  it('names bidders with their platform, where they have one', () => {
    expect(bidderOf('twitch\tFang Li')).toBe('Fang Li · twitch');
    expect(bidderOf('\t电话里的王姐')).toBe('电话里的王姐');
  });
});
