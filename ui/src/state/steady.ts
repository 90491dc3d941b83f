// The order in which rows stand that are ranked anew twice a second: none moves away under a thumb or a key, and none so often
// that it could not be aimed at.

/** So long nothing changes places after somebody was at the list, or after something did, ms. */
export const STILL_MS = 3000;

export class Steady<Id> {
  private order: readonly Id[] = [];
  private movedAt = -STILL_MS;
  private touchedAt = -STILL_MS;

  /** Somebody is at the list: a thumb, the mouse, a key. */
  touch(now: number): void {
    this.touchedAt = now;
  }

  /** How rows that are wanted in this order stand now. Who goes leaves at once; who comes stands below until all move. */
  of(wanted: readonly Id[], now: number): readonly Id[] {
    const [there, known] = [new Set(wanted), new Set(this.order)];
    const still = [...this.order.filter((id) => there.has(id)), ...wanted.filter((id) => !known.has(id))];
    const isRight = still.every((id, i) => id === wanted[i]);
    const mayMove = now - this.touchedAt >= STILL_MS && now - this.movedAt >= STILL_MS;
    if (!isRight && mayMove) this.movedAt = now;
    this.order = isRight || mayMove ? wanted : still;
    return this.order;
  }
}
