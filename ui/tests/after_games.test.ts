import { describe, expect, it, vi } from 'vitest';
import { gameWords, masked } from '../src/after/games.ts';
import type { RecapGame } from '../src/wire/types.ts';

// What the page asks of its browser for the language that it begins with.
vi.hoisted(() => {
  const browser = { matchMedia: () => ({ matches: false }), navigator: { language: 'zh-CN' } };
  for (const [name, value] of Object.entries(browser))
    Object.defineProperty(globalThis, name, { value, configurable: true });
  Object.defineProperty(globalThis, 'localStorage', { value: { getItem: () => null }, configurable: true });
});

describe('games after the show', () => {
  const play = (play: RecapGame['play']): RecapGame => ({ from: 0, to: 1, play });
  const price = { minor: 24_000, currency: 'CNY' };

  it('tell who has it on the page, and in a file only enough to know oneself', () => {
    const sold = play({
      game: 'auction',
      title: '茶饼',
      product: null,
      start: price,
      outcome: { outcome: 'sold', to: 'twitch\tFang Lihua', price },
      bids: 4,
      bidders: 2,
      struck: 1,
    });
    const whole = gameWords(sold, 'zh-CN', 'whole').outcome;
    expect(whole).toContain('Fang Lihua · twitch');
    expect(whole).toContain('¥240');
    expect(whole).toContain('划掉 1 次');
    const file = gameWords(sold, 'zh-CN', 'masked').outcome;
    expect(file).toContain('F***a');
    expect(file).not.toContain('Fang');
    expect(['', '明', '小明', '👩‍🌾🍎🍐'].map(masked)).toEqual(['*', '明*', '小*', '👩‍🌾*🍐']);
  });

  it('tell the result of a poll, the winners of a draw, and what became of one that was given up', () => {
    const poll = play({ game: 'poll', question: '先讲哪个', answers: [{ label: '红富士', people: 12 }] });
    expect(gameWords(poll, 'zh-CN', 'whole').outcome).toBe('红富士 12 人');
    const lottery = { game: 'lottery' as const, prize: '一箱', value: price, entrants: 3, reason: '' };
    const won = play({ ...lottery, winners: ['web\t小雨'] });
    expect(gameWords(won, 'zh-CN', 'masked').outcome).toBe('中奖：小* · 3 人参加');
    const off = play({ ...lottery, winners: null, entrants: null, reason: '奖品没到' });
    expect(gameWords(off, 'zh-CN', 'masked').outcome).toBe('取消：奖品没到');
  });
});
