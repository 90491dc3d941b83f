// What the engine does not tell by itself is asked for again.

/** Looks again every so many milliseconds while `wanted` says so; for use where a component is set up. */
export function lookAgain(wanted: () => boolean, everyMs: number, look: () => Promise<void>): void {
  const on = $derived(wanted());
  $effect(() => {
    if (!on) return;
    const timer = setInterval(() => void look(), everyMs);
    return () => clearInterval(timer);
  });
}
