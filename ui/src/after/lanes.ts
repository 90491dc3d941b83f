// What stands below the time line, minute by minute on the same scale: what was sold, what destinations did not get, and
// what failed when. Drawn on the page and in the exported file alike; words and hatching say what colour says.
import { whole } from '../format.ts';
import { t } from '../messages/text.ts';
import type { Lang } from '../state/prefs.svelte.ts';
import type { Recap, RecapIncident, Sales } from '../wire/types.ts';
import { minutesPerBarOf, plotOf, scaleOf } from './plot.ts';
import { incidentLength, incidentWhat, lengthOf, takenOf } from './words.ts';

/** How a mark looks; each is told apart without colour. */
export type Look = 'paid' | 'open' | 'back' | 'failed' | 'less' | 'dropped' | 'line' | 'tick';

export type Mark =
  | { kind: 'rect'; look: Look; x: number; y: number; w: number; h: number; title: string }
  | { kind: 'text'; look: 'name' | 'length'; x: number; y: number; text: string };

export interface Lanes {
  width: number;
  height: number;
  marks: Mark[];
  /** What the looks mean that occur. */
  legend: { look: Look; text: string }[];
}

const NAME = 15;
const SOLD = 48;
const DROPPED = 22;
const BAR = 9;
const GAP = 10;
/** Least width at which something that lasted a moment is seen. */
const LEAST = 3;
/** Lanes of what failed; the list below has the rest. */
const FAILED_MAX = 12;
/** About the width of a sign of the small text. */
const SIGN = 7;

const LEGEND: Partial<Record<Look, () => string>> = {
  paid: () => t('after.legend_paid'),
  open: () => t('after.legend_open'),
  back: () => t('after.legend_back'),
  failed: () => t('after.legend_failed'),
  less: () => t('after.legend_less'),
  dropped: () => t('after.legend_dropped'),
};

/** The lanes; `null` where there is nothing to draw. */
export function lanesOf(recap: Recap, width: number, lang: Lang): Lanes | null {
  const marks: Mark[] = [];
  let y = 0;
  for (const lane of [soldLane, dropLanes, failedLanes]) y = lane(recap, width, lang, y, marks);
  if (y === 0) return null;
  const ticks = plotOf(recap, width).ticks.map((tick): Mark => {
    return { kind: 'rect', look: 'tick', x: tick.x, y: 0, w: 1, h: y, title: '' };
  });
  const seen = new Set(marks.flatMap((mark) => (mark.kind === 'rect' ? [mark.look] : [])));
  const legend = Object.entries(LEGEND).flatMap(([look, text]) =>
    seen.has(look as Look) ? [{ look: look as Look, text: text() }] : [],
  );
  return { width, height: y, marks: [...ticks, ...marks], legend };
}

function soldLane(recap: Recap, width: number, lang: Lang, y: number, marks: Mark[]): number {
  const each = minutesPerBarOf(recap);
  const bars: { at: number; sales: Sales; taken: string }[] = [];
  for (let first = 0; first < recap.minutes.length; first += each) {
    const own = recap.minutes.slice(first, first + each);
    const sum = (of: keyof Sales): number => own.reduce((total, minute) => total + minute.sales[of], 0);
    const sales = {
      open: sum('open'),
      paid: sum('paid'),
      refunded: sum('refunded'),
      cancelled: sum('cancelled'),
    };
    const taken = takenOf(
      own.flatMap((minute) => minute.takings),
      lang,
    );
    bars.push({ at: recap.began + first * 60_000, sales, taken });
  }
  const units = ({ sales }: (typeof bars)[number]): number =>
    sales.open + sales.paid + sales.refunded + sales.cancelled;
  const most = bars.reduce((top, bar) => Math.max(top, units(bar)), 0);
  if (most === 0) return y;
  const name = t('after.lane_sold', { minutes: each, most: whole(most, lang) });
  marks.push({ kind: 'text', look: 'name', x: 3, y: y + 11, text: name });
  const x = scaleOf(recap, width);
  const base = y + NAME + SOLD;
  for (const bar of bars) {
    const from = x(bar.at);
    const w = Math.max(1, x(bar.at + each * 60_000) - from - 1);
    const { paid, open, refunded, cancelled } = bar.sales;
    const said = t('after.bar_sold', { paid, open, refunded, cancelled });
    const title = bar.taken === '' ? said : `${said} · ${bar.taken}`;
    let top = base;
    for (const [look, count] of [
      ['paid', paid],
      ['open', open],
      ['back', refunded + cancelled],
    ] as const) {
      if (count === 0) continue;
      const h = (count / most) * SOLD;
      top -= h;
      marks.push({ kind: 'rect', look, x: from, y: top, w, h, title });
    }
  }
  marks.push({ kind: 'rect', look: 'line', x: 0, y: base, w: width, h: 1, title: '' });
  return base + GAP;
}

function dropLanes(recap: Recap, width: number, lang: Lang, y: number, marks: Mark[]): number {
  const x = scaleOf(recap, width);
  const each = minutesPerBarOf(recap);
  for (const destination of new Set(recap.drops.map((drop) => drop.destination))) {
    const own = recap.drops.filter((drop) => drop.destination === destination);
    const bars = new Map<number, number>();
    for (const drop of own) {
      const bar = Math.floor(drop.minute / each);
      bars.set(bar, (bars.get(bar) ?? 0) + drop.pictures);
    }
    const most = Math.max(...bars.values());
    const total = own.reduce((sum, drop) => sum + drop.pictures, 0);
    const text = t('after.lane_dropped', { name: own.at(-1)?.name ?? '', count: whole(total, lang) });
    marks.push({ kind: 'text', look: 'name', x: 3, y: y + 11, text });
    const base = y + NAME + DROPPED;
    for (const [bar, pictures] of bars) {
      const at = recap.began + bar * each * 60_000;
      const from = x(at);
      const w = Math.max(LEAST, x(at + each * 60_000) - from - 1);
      const h = Math.max(1, (pictures / most) * DROPPED);
      const title = t('after.bar_dropped', { count: pictures });
      marks.push({ kind: 'rect', look: 'dropped', x: from, y: base - h, w, h, title });
    }
    marks.push({ kind: 'rect', look: 'line', x: 0, y: base, w: width, h: 1, title: '' });
    y = base + GAP;
  }
  return y;
}

function failedLanes(recap: Recap, width: number, lang: Lang, y: number, marks: Mark[]): number {
  const x = scaleOf(recap, width);
  const lanes = new Map<string, RecapIncident[]>();
  for (const incident of recap.incidents) {
    const lane = `${incident.kind} ${incident.id}`;
    lanes.set(lane, [...(lanes.get(lane) ?? []), incident]);
  }
  for (const [, own] of [...lanes].slice(0, FAILED_MAX)) {
    const [first] = own;
    if (first === undefined) continue;
    marks.push({ kind: 'text', look: 'name', x: 3, y: y + 11, text: laneName(first) });
    const top = y + NAME;
    const look = first.kind === 'bitrate' || first.kind === 'computer' ? 'less' : 'failed';
    marks.push({ kind: 'rect', look: 'line', x: 0, y: top + BAR, w: width, h: 1, title: '' });
    let free = 0;
    own.forEach((incident, index) => {
      const from = Math.min(x(incident.from), width - LEAST);
      const to = x(incident.to ?? recap.ended);
      const w = Math.max(LEAST, to - from);
      const title = `${incidentWhat(incident)} · ${incidentLength(recap, incident)}`;
      marks.push({ kind: 'rect', look, x: from, y: top, w, h: BAR, title });
      // How long it was, where there is room before the next.
      const text = lengthOf((incident.to ?? recap.ended) - incident.from);
      const next = own[index + 1];
      const room = next === undefined ? width : x(next.from);
      const right = from + w + 3;
      const needs = text.length * SIGN;
      const begin = right + needs <= room ? right : from - needs - 3;
      if (begin >= free && begin >= 0) {
        marks.push({ kind: 'text', look: 'length', x: begin, y: top + BAR - 1, text });
      }
      free = Math.max(right, begin === right ? right + needs : 0);
    });
    y = top + BAR + GAP;
  }
  if (lanes.size > FAILED_MAX) {
    const text = t('after.lane_more', { count: lanes.size - FAILED_MAX });
    marks.push({ kind: 'text', look: 'name', x: 3, y: y + 11, text });
    y += NAME;
  }
  return y;
}

function laneName(incident: RecapIncident): string {
  const { kind, name } = incident;
  const on = incident.id === 'portrait' ? ` · ${t('canvas.portrait')}` : '';
  switch (kind) {
    case 'destination':
      return t('after.incident_destination', { name });
    case 'input':
      return t('after.incident_input', { name });
    case 'bitrate':
      return t('after.lane_bitrate', { name });
    case 'recording':
      return t('after.lane_recording') + on;
    case 'engine':
      return t('after.incident_engine');
    default:
      return t('after.incident_computer') + on;
  }
}
