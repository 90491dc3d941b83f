import { expect, it } from 'vitest';
import { toastOf, TOAST_MS, type Told } from '../src/state/toast.ts';

const STANDS = new Set(['notice.interrupted']);
const OPEN = { upTo: 0, standing: [] };
const told = (n: number, key: string, toldAt: number, more: Partial<Told> = {}): Told => ({
  n,
  level: 'warn',
  key,
  toldAt,
  ...more,
});

it('a refusal leaves by itself, counted from when it came, whichever page is opened', () => {
  const log = [told(1, 'refusal.canvas_in_use', 1000, { place: 'scenes' })];
  expect(toastOf(log, STANDS, OPEN, 'scenes', 1000 + TOAST_MS - 1)?.n).toBe(1);
  expect(toastOf(log, STANDS, OPEN, 'scenes', 1000 + TOAST_MS)).toBeUndefined();
});

it('a refusal does not go along to another page, what the engine tells of itself does', () => {
  const refused = [told(1, 'refusal.bad_url', 0, { place: 'destinations' })];
  expect(toastOf(refused, STANDS, OPEN, null, 10)).toBeUndefined();
  expect(toastOf([told(1, 'notice.slate', 0)], STANDS, OPEN, 'chat', 10)?.n).toBe(1);
});

it('refusals do not pile up: the newest takes the place, and closing it closes the older ones', () => {
  const log = [told(1, 'refusal.a', 0, { place: null }), told(2, 'refusal.b', 5, { place: null })];
  expect(toastOf(log, STANDS, OPEN, null, 10)?.n).toBe(2);
  expect(toastOf(log, STANDS, { upTo: 2, standing: [2] }, null, 10)).toBeUndefined();
});

it('what comes and goes every few seconds is told once, and what a person tries again is answered again', () => {
  const flaps = [told(1, 'notice.slate', 0), told(2, 'notice.slate', 20_000)];
  expect(toastOf(flaps, STANDS, OPEN, null, 20_010)).toBeUndefined();
  const later = [told(1, 'notice.slate', 0), told(2, 'notice.slate', 120_000)];
  expect(toastOf(later, STANDS, OPEN, null, 120_010)?.n).toBe(2);
  const again = [told(1, 'refusal.a', 0, { place: null }), told(2, 'refusal.a', 20_000, { place: null })];
  expect(toastOf(again, STANDS, OPEN, null, 20_010)?.n).toBe(2);
});

it('one that stands is there until it is closed, under what is new', () => {
  const log = [told(1, 'notice.interrupted', 0), told(2, 'notice.slate', 50_000)];
  expect(toastOf(log, STANDS, OPEN, null, 50_010)?.n).toBe(2);
  expect(toastOf(log, STANDS, OPEN, null, 500_000)?.n).toBe(1);
  expect(toastOf(log, STANDS, { upTo: 1, standing: [1] }, null, 500_000)).toBeUndefined();
});
