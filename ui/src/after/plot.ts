// Where everything of a show's time line stands, in pixels; drawn on the page and in the exported file alike.
import type { Recap } from '../wire/types.ts';

export interface Plot {
  width: number;
  height: number;
  /** Upper edge and height of the products' row. */
  row: { y: number; h: number };
  /** The line the bars stand on. */
  base: number;
  segments: { x: number; w: number; number: number; product: string }[];
  bars: { x: number; w: number; h: number; questions: number; lines: number; asked: number }[];
  /** Chat lines of the highest bar. */
  most: number;
  /** Minutes that one bar stands for. */
  minutesPerBar: number;
  ticks: { x: number; minute: number }[];
  pins: { x: number; text: string }[];
  prices: { x: number; product: string }[];
  /** Stretches of which there is no recording of any canvas are between these. */
  recorded: { x: number; w: number }[];
}

const HEIGHT = 176;
const ROW = { y: 22, h: 26 };
const BASE = 148;
const BARS_MAX = 120;
/** Half the width of a mark. */
const MARK = 4;
const TICKS_MAX = 8;
/** Minutes between two marks of the time line. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 240];

export function plotOf(recap: Recap, width: number, recordings: { at: number; length: number }[] = []): Plot {
  const began = recap.began;
  const length = lengthOf(recap);
  const x = scaleOf(recap, width);

  // A mark at the edge is drawn whole.
  const whole = (at: number): number => Math.min(Math.max(at, MARK), width - MARK);

  const segments = recap.segments.map((segment, index) => ({
    x: x(segment.from),
    w: Math.max(2, x(segment.to) - x(segment.from)),
    number: index + 1,
    product: segment.product,
  }));

  const minutesPerBar = minutesPerBarOf(recap);
  const counted: { lines: number; asked: number }[] = [];
  recap.minutes.forEach((minute, index) => {
    const bar = Math.floor(index / minutesPerBar);
    const sum = (counted[bar] ??= { lines: 0, asked: 0 });
    sum.lines += minute.chat_lines;
    sum.asked += minute.questions;
  });
  const most = counted.reduce((top, bar) => Math.max(top, bar.lines), 0);
  const room = BASE - (ROW.y + ROW.h) - 12;
  const scale = most === 0 ? 0 : room / most;
  const bars = counted.map((bar, index) => {
    const from = x(began + index * minutesPerBar * 60_000);
    const to = x(began + (index + 1) * minutesPerBar * 60_000);
    return {
      x: from,
      w: Math.max(1, to - from - 1),
      h: bar.lines * scale,
      questions: bar.asked * scale,
      lines: bar.lines,
      asked: bar.asked,
    };
  });

  const minutes = length / 60_000;
  const step = STEPS.find((candidate) => minutes / candidate <= TICKS_MAX) ?? Math.ceil(minutes / TICKS_MAX);
  const ticks: Plot['ticks'] = [];
  for (let minute = 0; minute <= minutes; minute += step)
    ticks.push({ x: x(began + minute * 60_000), minute });

  return {
    width,
    height: HEIGHT,
    row: ROW,
    base: BASE,
    segments,
    bars,
    most,
    minutesPerBar,
    ticks,
    pins: recap.pinned.map((pinned) => ({ x: whole(x(pinned.at)), text: pinned.text })),
    prices: recap.prices.map((price) => ({ x: whole(x(price.at)), product: price.product })),
    recorded: recordings
      .map((part) => ({ x: x(part.at), w: x(part.at + part.length) - x(part.at) }))
      .filter((part) => part.w > 0),
  };
}

/** Length of the time line in milliseconds; a show of seconds is drawn as of a minute. */
function lengthOf(recap: Recap): number {
  return Math.max(60_000, recap.ended - recap.began);
}

/** Where a moment stands on a time line of this width; what is outside of the show, at its edge. */
export function scaleOf(recap: Recap, width: number): (at: number) => number {
  const length = lengthOf(recap);
  return (at) => (Math.min(Math.max(at - recap.began, 0), length) / length) * width;
}

/** Minutes that one bar stands for, so that bars can be told apart. */
export function minutesPerBarOf(recap: Recap): number {
  return Math.max(1, Math.ceil(recap.minutes.length / BARS_MAX));
}

/** The small triangle of a pinned question, pointing down on the products' row. */
export function pinPath(x: number): string {
  return `M${round(x - 4)} 10h8l-4 7z`;
}

/** The small diamond of a price that changed, under the products' row. */
export function pricePath(x: number): string {
  return `M${round(x)} ${ROW.y + ROW.h + 1}l4 4-4 4-4-4z`;
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
