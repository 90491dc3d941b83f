// What is pressed while something like it is under way: it is sent when its turn comes, and seen to be on its way until then.
import { SvelteMap } from 'svelte/reactivity';

interface Press<T> {
  wanted: T;
}

export class InTurn<T> {
  private readonly presses = new SvelteMap<string, Press<T>>();
  private last: Promise<unknown> = Promise.resolve();

  /** What was asked for last and is not there yet; `null` when there is nothing such. */
  asked(what: string): T | null {
    return this.presses.get(what)?.wanted ?? null;
  }

  /** Does one deed after the other, in the order of the presses. One that fails keeps no other back. */
  async run(what: string, wanted: T, deed: () => Promise<boolean>): Promise<boolean> {
    const press = { wanted };
    this.presses.set(what, press);
    const done = this.last.then(deed);
    this.last = done.catch(() => undefined);
    try {
      return await done;
    } finally {
      // A later press for the same is still on its way.
      if (this.presses.get(what) === press) this.presses.delete(what);
    }
  }
}
