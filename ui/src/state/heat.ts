// The small line of how lively the chat is.
import type { HeatView } from '../wire/types.ts';

export interface HeatShape {
  /** Points of the two lines, in the box. */
  lines: string;
  bad: string;
  /** Lines a minute, and the share of complaints (0 to 1), of the last minute. */
  perMinute: number;
  complaints: number;
}

/** Both lines share one scale, so that the share can be seen. */
export function heatOf(heat: HeatView | null, width: number, height: number): HeatShape {
  const values = heat?.values ?? [];
  const step = heat?.step_s ?? 10;
  const most = Math.max(1, ...values.map((value) => value.lines));
  const x = (i: number): number => (values.length < 2 ? width : (i * width) / (values.length - 1));
  const y = (value: number): number => height - 1 - (value / most) * (height - 2);
  const points = (of: (value: (typeof values)[number]) => number): string =>
    values.map((value, i) => `${x(i).toFixed(1)},${y(of(value)).toFixed(1)}`).join(' ');
  const last = values.slice(-Math.max(1, Math.round(60 / step)));
  const lines = last.reduce((sum, value) => sum + value.lines, 0);
  const bad = last.reduce((sum, value) => sum + value.complaints, 0);
  return {
    lines: points((value) => value.lines),
    bad: points((value) => value.complaints),
    perMinute: last.length === 0 ? 0 : Math.round((lines * 60) / (last.length * step)),
    complaints: lines === 0 ? 0 : bad / lines,
  };
}
