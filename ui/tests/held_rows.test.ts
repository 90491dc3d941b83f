import { expect, it } from 'vitest';
import { heldReasons, heldRows, likeness } from '../src/state/held_rows.ts';
import type { HeldView, HoldReason } from '../src/wire/types.ts';

const held = (id: number, text: string, why: HoldReason = 'lure'): HeldView['lines'][number] => ({
  line: { id: `m${id}`, platform: 'irc', author: `u${id}`, text, at: id, question: false },
  why,
  found: text,
});

it('makes one row of lines that differ in marks, spaces, case, width and stretched letters', () => {
  const lines = [
    held(5, 'ｗｗｗ.fake.com 点进去!!'),
    held(4, '免费领iPhone点主页'),
    held(3, 'WWW。FAKE。COM点进去'),
    held(2, '免费领 iPhooone 点主页~'),
    held(1, '免费领IPHONE点主页🎁'),
  ];
  const rows = heldRows(lines);
  expect(rows.map(({ line, messages }) => [line.id, messages])).toEqual([
    ['m1', ['m4', 'm2', 'm1']],
    ['m3', ['m5', 'm3']],
  ]);
  // One more of them is the same row.
  expect(heldRows([held(6, '免费领iphone点主页'), ...lines])[0]?.key).toBe(rows[0]?.key);
});

it('keeps apart what is not the same: other figures, another reason, other marks where there is nothing else', () => {
  expect(likeness('加微信 13800138000')).not.toBe(likeness('加微信 1380138000'));
  expect(likeness('!!!')).not.toBe(likeness('???'));
  expect(likeness('!! !')).toBe(likeness('!!!'));
  expect(heldRows([held(2, '加我', 'contact'), held(1, '加我', 'ad')])).toHaveLength(2);
  expect(heldRows([])).toEqual([]);
});

it('counts lines, not rows, by reason', () => {
  const lines = [held(3, 'a', 'flood'), held(2, 'a', 'flood'), held(1, 'b', 'contact')];
  expect(heldReasons(lines)).toEqual([
    ['contact', 1],
    ['flood', 2],
  ]);
});
