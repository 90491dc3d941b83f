import { describe, expect, it } from 'vitest';
import { dragged, isThere, placeOf, pulled, sized, stepped, textAt } from '../src/state/part_edit.ts';
import type { PartBox, TextBox } from '../src/wire/types.ts';

const CARD: PartBox = {
  part: 'card',
  x: 2000,
  y: 4000,
  width: 5000,
  height: 3000,
  rim: 100,
  size: 100,
  texts: [],
};

describe('a part of the picture under a hand', () => {
  it('moves by what the hand moved and lands on a safe margin that is near, without its rim', () => {
    expect(dragged(CARD, 333, 444, 'landscape')).toMatchObject({ x: 2333, y: 4444 });
    // 5 % at the left: what is seen of it begins 1 % further in than its box.
    expect(dragged(CARD, -1550, 0, 'landscape').x).toBe(400);
    // The phone's chat covers the lower 35 % of an upright picture.
    const low = dragged(CARD, 0, -560, 'portrait');
    expect(low.y + low.height - Math.round(100 / (16 / 9))).toBeCloseTo(6500, -1);
    expect(dragged(CARD, 450, 0, 'landscape').x).toBe(2500);
  });

  it('never leaves the picture', () => {
    for (const [dx, dy] of [
      [-9999, -9999],
      [9999, 9999],
    ] as const)
      for (const box of [dragged(CARD, dx, dy, 'portrait'), stepped(CARD, dx, dy), pulled(CARD, dx)]) {
        expect(box.x).toBeGreaterThanOrEqual(0);
        expect(box.y).toBeGreaterThanOrEqual(0);
        expect(box.x + box.width).toBeLessThanOrEqual(10_000);
        expect(box.y + box.height).toBeLessThanOrEqual(10_000);
      }
  });

  it('grows and shrinks within what the engine takes', () => {
    expect(sized(CARD, 120)).toMatchObject({ size: 120, width: 6000, height: 3600 });
    expect(sized(CARD, 10).size).toBe(75);
    expect(sized({ ...CARD, width: 1000, height: 1000 }, 900).size).toBe(200);
    expect(pulled(CARD, 1000).size).toBe(120);
  });

  it('is told to the show as shares of the room beside it', () => {
    expect(placeOf(CARD)).toEqual({ x: 4000, y: 5714, size: 100 });
    expect(placeOf({ ...CARD, x: 5000, y: 7000 })).toEqual({ x: 10_000, y: 10_000, size: 100 });
    expect(placeOf({ ...CARD, x: 0, width: 10_000 }).x).toBe(0);
  });

  it('opens the text that was pressed, and none where there is none', () => {
    const line = (text: TextBox['text'], y: number): TextBox => ({
      text,
      words: '',
      most: 40,
      x: 1000,
      y,
      width: 2000,
      height: 300,
    });
    const texts = [line('title', 1000), line('spec', 1350)];
    expect(textAt(texts, { x: 1500, y: 1200 })?.text).toBe('title');
    expect(textAt(texts, { x: 1500, y: 1340 })?.text).toBe('spec');
    expect(textAt(texts, { x: 900, y: 1400 })?.text).toBe('spec');
    expect(textAt(texts, { x: 5000, y: 1400 })).toBeUndefined();
    expect(textAt([], { x: 0, y: 0 })).toBeUndefined();
  });

  it('is there once the engine drew it there', () => {
    expect(isThere({ ...CARD, x: 2010 }, CARD)).toBe(true);
    expect(isThere({ ...CARD, x: 2100 }, CARD)).toBe(false);
    expect(isThere({ ...CARD, size: 105 }, CARD)).toBe(false);
  });
});
