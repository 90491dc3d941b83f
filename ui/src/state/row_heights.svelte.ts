// How high the rows of a long list are: measured as they come into sight, guessed before.
import { windowOf, type ListWindow } from './list_window.ts';

export class RowHeights {
  /** Height of a row nobody has measured yet, pixels. */
  guess: number;
  /** Tells that heights changed: a signal for every row would cost more. */
  private changes = $state(0);
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- `changes` tells
  private known = new Map<string, number>();

  constructor(guess: number) {
    this.guess = guess;
  }

  /** Where the list begins and ends that is worth drawing; `'end'` = it stands at its end. */
  windowOf(keys: readonly string[], scrollTop: number | 'end', viewport: number): ListWindow {
    void this.changes;
    const heights = keys.map((key) => this.known.get(key) ?? this.guess);
    const whole = scrollTop === 'end' ? heights.reduce((sum, height) => sum + height, 0) : 0;
    const top = scrollTop === 'end' ? Math.max(0, whole - viewport) : scrollTop;
    return windowOf(heights, top, viewport);
  }

  /** Where a row begins and how high it is, pixels. */
  placeOf(keys: readonly string[], place: number): { top: number; height: number } {
    const heightOf = (key: string): number => this.known.get(key) ?? this.guess;
    const top = keys.slice(0, place).reduce((sum, key) => sum + heightOf(key), 0);
    return { top, height: heightOf(keys[place] ?? '') };
  }

  /** For another width: every row breaks its lines elsewhere. */
  forget(): void {
    this.known.clear();
    this.changes += 1;
  }

  /** Learns the heights of drawn rows. By how many pixels rows that begin above `eye` turned out higher. */
  learn(rows: Iterable<readonly [string, HTMLElement]>, eye: number): number {
    let shift = 0;
    let changed = false;
    for (const [key, row] of rows) {
      const height = row.offsetHeight;
      const before = this.known.get(key);
      if (before === height) continue;
      if (row.offsetTop < eye) shift += height - (before ?? this.guess);
      this.known.set(key, height);
      changed = true;
    }
    if (changed) this.changes += 1;
    return shift;
  }

  /** Rows that were measured and not forgotten. */
  get count(): number {
    return this.known.size;
  }

  /** Forgets rows that are gone. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.known.keys()) if (!keys.has(key)) this.known.delete(key);
  }

  /** Guesses what the measured rows have on the mean. */
  guessTheMean(): void {
    let sum = 0;
    for (const height of this.known.values()) sum += height;
    if (this.known.size > 0) this.guess = sum / this.known.size;
  }
}
