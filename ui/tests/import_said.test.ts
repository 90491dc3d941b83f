import { beforeEach, expect, it, vi } from 'vitest';
import { remember, saidOf } from '../src/settings/import_said.ts';

const kept = new Map<string, string>();
beforeEach(() => {
  kept.clear();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  });
});

it('what was said of a sheet’s columns holds for the same headers in any order, and for no others', () => {
  remember(['款', '售卖价'], { 款: 'title', 售卖价: null });
  expect(saidOf(['售卖价', '款'])).toEqual({ 款: 'title', 售卖价: null });
  expect(saidOf(['款'])).toEqual({});
  remember(['款', '售卖价'], { 款: 'short_title' });
  expect(saidOf(['款', '售卖价'])).toEqual({ 款: 'short_title' });
});

it('the oldest of many sheets is forgotten, and damaged storage is no reason to fail', () => {
  for (let n = 0; n < 40; n += 1) remember([`h${n}`], { [`h${n}`]: 'title' });
  expect(saidOf(['h0'])).toEqual({});
  expect(saidOf(['h39'])).toEqual({ h39: 'title' });
  kept.set('stallcast.import_columns', '{');
  expect(saidOf(['h39'])).toEqual({});
});
