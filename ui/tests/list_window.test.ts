import { describe, expect, it } from 'vitest';
import { inSight, windowOf } from '../src/state/list_window.ts';

const rows = (count: number, height: number): number[] => Array.from({ length: count }, () => height);

describe('the window of a long list', () => {
  it('draws what is in sight and a margin, and stands in for the rest', () => {
    const part = windowOf(rows(2000, 40), 40_000, 500);
    expect(part.start).toBe(992);
    expect(part.end).toBe(1020);
    expect(part.above + (part.end - part.start) * 40 + part.below).toBe(80_000);
  });

  it('draws a short list whole', () => {
    expect(windowOf(rows(5, 40), 0, 500)).toEqual({ start: 0, end: 5, above: 0, below: 0 });
  });

  it('is at home in an empty list', () => {
    expect(windowOf([], 0, 500)).toEqual({ start: 0, end: 0, above: 0, below: 0 });
  });

  it('copes with rows of many heights', () => {
    const heights = Array.from({ length: 300 }, (_, i) => 20 + ((i * 37) % 90));
    const total = heights.reduce((sum, height) => sum + height, 0);
    for (const top of [0, 100, total / 2, total - 400, total]) {
      const { start, end, above, below } = windowOf(heights, top, 400);
      const drawn = heights.slice(start, end).reduce((sum, height) => sum + height, 0);
      expect(above + drawn + below).toBe(total);
      expect(above).toBeLessThanOrEqual(Math.max(0, top));
    }
  });

  it('draws the end when asked for a place beyond it', () => {
    const part = windowOf(rows(100, 40), 3900, 500);
    expect(part.end).toBe(100);
    expect(part.below).toBe(0);
  });
});

describe('a row that is to be seen', () => {
  it('is brought into sight with the least movement, and not at all when it is there', () => {
    expect(inSight(480, 60, 0, 500)).toBe(40);
    expect(inSight(100, 60, 300, 500)).toBe(100);
    expect(inSight(100, 60, 0, 500)).toBe(0);
    expect(inSight(900, 600, 0, 500)).toBe(900);
  });
});
