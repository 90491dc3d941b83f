// The engine's clock as the page knows it, so that every screen shows the same second.
import type { Countdown } from '../wire/types.ts';

/** Samples kept: ten seconds of status at 2 Hz. */
const SAMPLES = 20;

/** Further off than any message is late. */
const JUMP_MS = 5000;

/**
 * A message always arrives later than it was sent, so of several differences (engine's clock minus ours) the
 * greatest is nearest to the truth. Old samples leave, so a corrected clock is followed within ten seconds.
 */
export class ServerClock {
  private readonly samples: number[] = [];

  sample(serverNow: number, localNow: number): void {
    // This computer's clock was set: what was measured before says nothing of it.
    if (this.samples.length > 0 && Math.abs(serverNow - localNow - this.offsetMs) > JUMP_MS) {
      this.samples.length = 0;
    }
    this.samples.push(serverNow - localNow);
    if (this.samples.length > SAMPLES) this.samples.shift();
  }

  /** Milliseconds to add to the local clock. */
  get offsetMs(): number {
    return this.samples.length === 0 ? 0 : Math.max(...this.samples);
  }
}

/**
 * Whole seconds left, rounded up: 1 during the last second, 0 from the deadline on. The engine counts alike. Never more
 * than there were: the page's clock is a quarter of a second behind the event that began it.
 */
export function secondsLeft(
  { started, deadline }: Pick<Countdown, 'started' | 'deadline'>,
  now: number,
): number {
  return Math.ceil(Math.max(0, deadline - Math.max(now, started)) / 1000);
}

/** Longest between two looks at the clock. */
const LOOK_MS = 250;

/**
 * Milliseconds until the clock is looked at again: some four times a second, and right when a second of the countdown
 * that is shown turns, so that the page's digits are those of the picture.
 */
export function untilLook(now: number, deadline: number | null): number {
  const left = (deadline ?? 0) - now;
  return left - (Math.ceil(left / LOOK_MS) - 1) * LOOK_MS;
}

/** Whole seconds gone by, rounded down. */
export function secondsSince(since: number, now: number): number {
  return Math.floor(Math.max(0, now - since) / 1000);
}
