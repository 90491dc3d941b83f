// The show's plan of minutes against what was used: how far over or under it is, and when it would be done.
import type { RundownItem, ShowView } from '../wire/types.ts';

/** Seconds; of products without a plan nothing is expected. */
export interface Plan {
  planned: number;
  used: number;
  /** Still to come by the plan. */
  rest: number;
  /** More than planned when it goes on as planned; below zero = spare. */
  over: number;
}

/** Where the plan stands at `now` (ms); `null` without a plan. Before the show nothing is used. */
export function planOf(show: ShowView, now: number): Plan | null {
  const planned = show.rundown.reduce((sum, item) => sum + item.planned_s, 0);
  if (planned === 0) return null;
  const since = show.phase.phase === 'idle' ? null : show.phase.since;
  if (since === null) return { planned, used: 0, rest: planned, over: 0 };
  const rest = show.rundown.reduce((sum, item) => sum + restOf(show, item, since, now), 0);
  const used = Math.max(0, Math.floor((now - since) / 1000));
  return { planned, used, rest, over: used + rest - planned };
}

/** A product that was shown and taken off is done, however long it took. */
function restOf(show: ShowView, item: RundownItem, since: number, now: number): number {
  const before = show.aired_ms[item.product] ?? 0;
  if (show.on_air?.product !== item.product) return before > 0 ? 0 : item.planned_s;
  const aired = before + now - Math.max(show.on_air.since, since);
  return Math.max(0, item.planned_s - Math.floor(aired / 1000));
}
