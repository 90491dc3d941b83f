import { describe, expect, it } from 'vitest';
import {
  added,
  changed,
  cropped,
  cutOff,
  FULL,
  moved,
  placementsOf,
  removed,
  resized,
  restacked,
  SIDES,
  typed,
  WHOLE,
} from '../src/state/scene_edit.ts';
import type { Area, Scene } from '../src/wire/types.ts';

const CORNER: Area = { x: 6800, y: 600, width: 2800, height: 2800 };
const scene = (...sources: string[]): Scene => ({
  id: 's',
  name: { zh: '', en: '' },
  layouts: { landscape: sources.map((source) => ({ source, area: FULL, crop: FULL })) },
});
const order = (of: Scene): string[] => placementsOf(of).map((placement) => placement.source);

describe('a layout under a hand', () => {
  it('moves by what the hand moved, and lands on an edge that is near', () => {
    expect(moved(CORNER, -1000, 500)).toEqual({ ...CORNER, x: 5800, y: 1100 });
    expect(moved(CORNER, 330, -520)).toEqual({ ...CORNER, x: WHOLE - 2800, y: 0 });
  });

  it('never leaves the canvas altogether, and never shrinks to nothing', () => {
    for (const [dx, dy] of [
      [99_999, 99_999],
      [-99_999, -99_999],
    ] as const) {
      const { x, y, width, height } = moved(CORNER, dx, dy);
      expect(x).toBeLessThan(WHOLE);
      expect(y).toBeLessThan(WHOLE);
      expect(x + width).toBeGreaterThan(0);
      expect(y + height).toBeGreaterThan(0);
    }
    const small = resized(CORNER, -99_999, -99_999);
    expect(small.width).toBeGreaterThanOrEqual(400);
    expect(resized(CORNER, 99_999, 99_999).width).toBeLessThanOrEqual(2 * WHOLE);
  });

  it('takes typed per cents within what the show accepts, and no words', () => {
    expect(typed(CORNER, 'x', 12.34)).toEqual({ ...CORNER, x: 1234 });
    expect(typed(CORNER, 'width', 0)?.width).toBe(1);
    expect(typed(CORNER, 'width', Number.NaN)).toBeNull();
  });

  it('cuts each side off for itself and always leaves something inside the source', () => {
    const cut = SIDES.reduce<Area>((crop, side) => cropped(crop, side, 10) ?? crop, FULL);
    expect(cut).toEqual({ x: 1000, y: 1000, width: 8000, height: 8000 });
    expect(SIDES.map((side) => cutOff(cut, side))).toEqual([10, 10, 10, 10]);
    for (const side of SIDES) {
      const most = cropped(cut, side, 500);
      if (most === null) throw new Error('a number was taken for none');
      expect(most.width).toBeGreaterThan(0);
      expect(most.height).toBeGreaterThan(0);
      expect(most.x + most.width).toBeLessThanOrEqual(WHOLE);
      expect(most.y + most.height).toBeLessThanOrEqual(WHOLE);
    }
  });

  it('adds on top, restacks, changes one and removes one', () => {
    const two = added(added(scene(), 'a'), 'b');
    expect(order(two)).toEqual(['a', 'b']);
    expect(placementsOf(two).map(({ area }) => area.width)).toEqual([WHOLE, 2800]);
    expect(order(restacked(two, 0, 1))).toEqual(['b', 'a']);
    expect(order(restacked(two, 1, 1))).toEqual(['a', 'b']);
    expect(placementsOf(changed(two, 1, { area: FULL }))[1]?.area).toEqual(FULL);
    expect(order(removed(two, 0))).toEqual(['b']);
  });

  it('leaves the layouts of other canvases alone', () => {
    const both: Scene = {
      ...scene('a'),
      layouts: { ...scene('a').layouts, portrait: [{ source: 'p', area: FULL, crop: FULL }] },
    };
    expect(removed(both, 0).layouts['portrait']).toEqual(both.layouts['portrait']);
  });
});
