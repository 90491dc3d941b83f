// What comes next on the rundown.
import type { RundownItem, ShowView } from '../wire/types.ts';

/** The first line after the product on air that is not sold out. */
export function nextOf(show: ShowView | null): RundownItem | undefined {
  if (show === null) return undefined;
  const place = show.rundown.findIndex((item) => item.product === show.on_air?.product);
  return show.rundown.slice(place + 1).find((item) => show.stock[item.product] !== 0);
}
