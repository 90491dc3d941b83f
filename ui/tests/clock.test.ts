import { describe, expect, it } from 'vitest';
import { secondsLeft, secondsSince, ServerClock, untilLook } from '../src/state/clock.ts';

describe("the engine's clock", () => {
  it('is the local clock until the engine has spoken', () => {
    expect(new ServerClock().offsetMs).toBe(0);
  });

  it('trusts the message that was least delayed', () => {
    const clock = new ServerClock();
    // The engine is 5000 ms ahead; the network adds 800, 20 and 300 ms.
    clock.sample(15_000, 10_800);
    clock.sample(16_000, 11_020);
    clock.sample(17_000, 12_300);
    expect(clock.offsetMs).toBe(4980);
  });

  it('follows at once when the clock of this computer is set', () => {
    const clock = new ServerClock();
    for (let i = 0; i < 20; i += 1) clock.sample(i * 500, i * 500);
    clock.sample(10_000, 3_610_000);
    expect(clock.offsetMs).toBe(-3_600_000);
    // A message that was late for that long is made up for by the next one.
    clock.sample(10_500, 3_640_000);
    clock.sample(40_500, 3_640_500);
    expect(clock.offsetMs).toBe(-3_600_000);
  });

  it('follows a corrected clock once the old samples are gone', () => {
    const clock = new ServerClock();
    clock.sample(100_000, 0);
    for (let i = 1; i <= 20; i += 1) clock.sample(i * 500 + 50, i * 500);
    expect(clock.offsetMs).toBe(50);
  });
});

describe('countdowns', () => {
  const clock = { started: 0, deadline: 10_000 };

  it('show 1 during the last second and 0 from the deadline on, as the engine does', () => {
    expect(secondsLeft(clock, 8_999)).toBe(2);
    expect(secondsLeft(clock, 9_000)).toBe(1);
    expect(secondsLeft(clock, 9_999)).toBe(1);
    expect(secondsLeft(clock, 10_000)).toBe(0);
    expect(secondsLeft(clock, 99_000)).toBe(0);
  });

  it('begin at their full time, also for a page that is a moment behind', () => {
    expect(secondsLeft(clock, -200)).toBe(10);
  });

  it('are looked at right when a second turns, and four times a second', () => {
    const { deadline } = clock;
    expect(untilLook(8_990, deadline)).toBe(10);
    expect(untilLook(9_000, deadline)).toBe(250);
    expect(untilLook(9_001, deadline)).toBe(249);
    expect(untilLook(12_345, deadline)).toBe(155);
    expect(untilLook(12_345, null)).toBe(155);
    for (let now = 0; now < 20_000; now += 7) {
      const wait = untilLook(now, deadline + 0.5);
      expect(wait).toBeGreaterThan(0);
      expect(wait).toBeLessThanOrEqual(250);
    }
  });

  it('never run backwards before their start', () => {
    expect(secondsSince(10_000, 9_000)).toBe(0);
    expect(secondsSince(10_000, 11_999)).toBe(1);
  });
});
