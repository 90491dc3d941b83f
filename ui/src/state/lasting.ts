// Tells what lasts from what passes: a figure that is noisy on a busy machine must not cry at every peak.

export class Lasting {
  private since: number | null = null;

  /** `holdMs` = how long something has to hold without a break. */
  constructor(private readonly holdMs: number) {}

  /** Whether it has held for that long; to be told every reading. */
  holds(is: boolean, now: number): boolean {
    if (!is) this.since = null;
    else this.since ??= now;
    return this.since !== null && now - this.since > this.holdMs;
  }
}
