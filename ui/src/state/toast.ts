// Which line of the log stands at the side for a moment. It is counted from when the page was told, whatever is opened
// meanwhile.
import type { SettingsPage } from './view.svelte.ts';

/** Where on this page something was refused: `null` = the studio. */
export type Place = SettingsPage | null;

export interface Told {
  n: number;
  level: 'info' | 'warn' | 'error';
  key: string;
  /** When this page was told, local ms. */
  toldAt: number;
  /** Where the refused action was done; nothing for what the engine tells of itself. */
  place?: Place;
}

/** What somebody has closed. */
export interface Closed {
  /** No line up to this one comes for its moment any more. */
  upTo: number;
  /** Lines that would stand and were closed. */
  standing: readonly number[];
}

export const TOAST_MS = 9000;
/** What comes and goes again within this is told once; its banner and the log say the rest. */
const ECHO_MS = 60_000;
/** Good news that somebody waits for: they pressed a key for it. */
const AWAITED: ReadonlySet<string> = new Set(['notice.replay_saved']);

/** The newest line that is to be seen now, else one that stands until it is closed. Never more than one. */
export function toastOf<Line extends Told>(
  log: readonly Line[],
  stands: ReadonlySet<string>,
  closed: Closed,
  place: Place,
  localNow: number,
): Line | undefined {
  const isNews = (line: Line): boolean => line.level !== 'info' || AWAITED.has(line.key);
  const newest = log.findLast((line, i) => isNews(line) && !isEcho(log, i));
  const isHere = newest !== undefined && (newest.place === undefined || newest.place === place);
  if (isHere && newest.n > closed.upTo && localNow - newest.toldAt < TOAST_MS) return newest;
  return log.findLast((line) => stands.has(line.key) && !closed.standing.includes(line.n));
}

/** Whether the engine told the same shortly before. What a person does again is answered again. */
function isEcho(log: readonly Told[], at: number): boolean {
  const line = log[at];
  if (line === undefined || line.place !== undefined || AWAITED.has(line.key)) return false;
  return log.some(
    (other, i) =>
      i < at &&
      other.place === undefined &&
      line.toldAt - other.toldAt < ECHO_MS &&
      other.key === line.key &&
      same(other, line),
  );
}

function same(one: object, other: object): boolean {
  const params = (line: object): string => JSON.stringify('params' in line ? line.params : null);
  return params(one) === params(other);
}
