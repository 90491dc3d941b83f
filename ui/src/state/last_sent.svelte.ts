// What is sent to the engine as a whole, for a change of a part: the next change builds on the last one, also while the page
// is not told of it yet.
export class LastSent<T> {
  private last: { whole: T; seq: number } | null = $state.raw(null);

  /** The engine took this; `seq` is the journal's number after it. */
  keep(whole: T, seq: number): void {
    this.last = { whole, seq };
  }

  /** The newest that is known, where `told` is what the engine told last, as of the journal's number `seq`. */
  newest(told: T, seq: number): T {
    return this.last !== null && this.last.seq > seq ? this.last.whole : told;
  }
}
