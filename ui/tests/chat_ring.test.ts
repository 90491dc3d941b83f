import { describe, expect, it } from 'vitest';
import { ChatRing, Repainter, RING_LINES } from '../src/state/chat_ring.ts';
import type { ChatLine } from '../src/wire/types.ts';

const line = (n: number): ChatLine => ({
  id: `a:${n}`,
  platform: 'a',
  author: 'x',
  text: String(n),
  at: n,
  question: false,
});
const lines = (from: number, to: number): ChatLine[] =>
  Array.from({ length: to - from }, (_, i) => line(from + i));

describe('the chat ring', () => {
  it('keeps the newest lines and no more than it holds', () => {
    const ring = new ChatRing(100);
    for (let i = 0; i < 50; i += 1) ring.push(lines(i * 37, i * 37 + 37));
    const kept = ring.snapshot();
    expect(kept).toHaveLength(100);
    expect(kept.at(-1)?.id).toBe('a:1849');
    expect(kept[0]?.id).toBe('a:1750');
    expect(ring.total).toBe(1850);
  });

  it('keeps a line once that came again after a reconnection', () => {
    const ring = new ChatRing(100);
    ring.push(lines(0, 20));
    ring.push(lines(10, 25));
    expect(ring.snapshot().map((entry) => entry.id)).toEqual(lines(0, 25).map((entry) => entry.id));
  });

  it('keeps a hole marked where lines were left out', () => {
    const ring = new ChatRing(100);
    ring.push(lines(0, 2));
    ring.push(lines(10, 12), 8);
    ring.push(lines(20, 22), 8);
    expect([...ring.gaps]).toEqual([
      ['a:10', 8],
      ['a:20', 8],
    ]);
    // The line behind a hole goes, and the hole is still there.
    ring.remove(['a:10']);
    expect(ring.gaps.get('a:11')).toBe(8);
    ring.remove(['a:11', 'a:20', 'a:21']);
    expect([...ring.gaps]).toEqual([]);
    ring.push([line(30)]);
    expect([...ring.gaps]).toEqual([['a:30', 16]]);
    // Of what was cut off nothing is remembered.
    ring.push(lines(100, 300));
    ring.snapshot();
    expect([...ring.gaps]).toEqual([]);
    ring.push([line(400)], 3);
    ring.replace([line(400)]);
    expect([...ring.gaps]).toEqual([]);
    ring.replace([line(401)], 2);
    expect([...ring.gaps]).toEqual([['a:401', 2]]);
  });

  it('lets go of what a simulated audience said', () => {
    const ring = new ChatRing(100);
    const invented = { ...line(9), id: 'simulated:9', platform: 'simulated' };
    ring.push([...lines(0, 2), invented, line(2)]);
    ring.removeInvented();
    expect(ring.snapshot().map((entry) => entry.id)).toEqual(['a:0', 'a:1', 'a:2']);
  });

  it('hands out copies that later lines do not change', () => {
    const ring = new ChatRing(10);
    ring.push(lines(0, 5));
    const before = ring.snapshot();
    ring.push(lines(5, 30));
    expect(before).toHaveLength(5);
  });

  it('takes in a minute at 500 lines a second in well under a second', () => {
    const ring = new ChatRing();
    // Of the processor, not of the clock: whatever else the machine does meanwhile is no fault of the ring.
    const began = process.cpuUsage();
    for (let i = 0; i < 600; i += 1) ring.push(lines(i * 50, i * 50 + 50));
    expect(ring.snapshot()).toHaveLength(RING_LINES);
    const { user, system } = process.cpuUsage(began);
    expect((user + system) / 1000).toBeLessThan(1000);
  });
});

describe('repainting', () => {
  function world() {
    let now = 1000;
    let paints = 0;
    let due: { at: number; run: () => void }[] = [];
    const clock = {
      now: () => now,
      after: (ms: number, run: () => void) => void due.push({ at: now + ms, run }),
    };
    const repainter = new Repainter(clock, () => (paints += 1));
    const advance = (ms: number): void => {
      now += ms;
      const ripe = due.filter((entry) => entry.at <= now);
      due = due.filter((entry) => entry.at > now);
      for (const entry of ripe) entry.run();
    };
    return { repainter, advance, paints: () => paints };
  }

  it('is immediate after a quiet time', () => {
    const { repainter, advance, paints } = world();
    repainter.request();
    advance(0);
    expect(paints()).toBe(1);
  });

  it('happens at most four times a second under load, and never forgets the last line', () => {
    const { repainter, advance, paints } = world();
    for (let i = 0; i < 100; i += 1) {
      repainter.request();
      advance(10);
    }
    expect(paints()).toBeLessThanOrEqual(5);
    repainter.request();
    const before = paints();
    advance(250);
    expect(paints()).toBe(before + 1);
  });
});

it('a line that was taken back is gone until the engine shows it again', () => {
  const ring = new ChatRing(10);
  ring.push([line(1), line(2)]);
  ring.remove([line(1).id]);
  expect(ring.snapshot().map((l) => l.id)).toEqual([line(2).id]);
  ring.push([line(1)]);
  expect(ring.snapshot().map((l) => l.id)).toEqual([line(2).id, line(1).id]);
});

it('begins anew with what the engine has, and counts only what is new of it', () => {
  const ring = new ChatRing(10);
  ring.push(lines(0, 5));
  ring.replace([line(3), line(7)]);
  expect(ring.snapshot().map((l) => l.id)).toEqual(['a:3', 'a:7']);
  expect(ring.total).toBe(6);
});
