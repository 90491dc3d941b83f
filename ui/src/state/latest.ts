// Sends the newest of many values, one at a time: what was passed on the way is left out.

/** `pace` is the least time between two, in milliseconds: each is written down and drawn. */
export function latest<T>(send: (value: T) => Promise<unknown>, pace: number): (value: T) => void {
  let wanted: { value: T } | null = null;
  let sending = false;
  async function go(): Promise<void> {
    if (sending) return;
    sending = true;
    while (wanted !== null) {
      const next: { value: T } = wanted;
      wanted = null;
      await send(next.value);
      await new Promise((resolve) => setTimeout(resolve, pace));
    }
    sending = false;
  }
  return (value) => {
    wanted = { value };
    void go();
  };
}
