// What comes next on the rundown.
import type { RundownItem, ShowView } from '../wire/types.ts';

/** The line of the rundown that comes next, as the engine tells it: never a product that viewers may not be told of. */
export function nextOf(show: ShowView | null): RundownItem | undefined {
  const next = show?.next ?? null;
  return next === null ? undefined : show?.rundown.find((item) => item.product === next);
}
