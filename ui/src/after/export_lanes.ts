// What stands below the time line, for the exported page: the same marks, in colours that print.
import { t } from '../messages/text.ts';
import type { Lang } from '../state/prefs.svelte.ts';
import type { Recap } from '../wire/types.ts';
import { escape } from './export_text.ts';
import { lanesOf } from './lanes.ts';
import { round } from './plot.ts';

/** Rules for the page's style sheet. */
export const LANES_CSS = `.m-name{fill:#14181c}.m-length{fill:#485159}.m-tick{fill:#d2d7dc}.m-line{fill:#8a939b}
.m-paid{fill:#0c6a35}.m-open{fill:#fff;stroke:#14181c}.m-back{fill:url(#m-back);stroke:#14181c}.m-failed{fill:#b3121d}
.m-less{fill:url(#m-less);stroke:#7d4a00}.m-dropped{fill:#485159}
.legend{display:flex;flex-wrap:wrap;gap:2px 16px;color:#485159;font-size:13px}.legend svg{display:inline;min-width:0;width:14px;height:10px;margin-right:6px}`;

const PATTERNS =
  '<defs><pattern id="m-back" width="5" height="5" patternUnits="userSpaceOnUse"><path d="M-1 6 6 -1M-1 1 1 -1M4 6 6 4" fill="none" stroke="#14181c"/></pattern>' +
  '<pattern id="m-less" width="4" height="4" patternUnits="userSpaceOnUse"><path d="M0 2H4" fill="none" stroke="#7d4a00" stroke-width="2"/></pattern></defs>';

/** The drawing and its legend; both empty where there is nothing to draw. */
export function lanesHtml(recap: Recap, width: number, lang: Lang): { svg: string; legend: string } {
  const lanes = lanesOf(recap, width, lang);
  if (lanes === null) return { svg: '', legend: '' };
  const marks = lanes.marks.map((mark) => {
    if (mark.kind === 'text')
      return `<text class="m-${mark.look}" x="${round(mark.x)}" y="${mark.y}">${escape(mark.text)}</text>`;
    const title = mark.title === '' ? '' : `<title>${escape(mark.title)}</title>`;
    return `<rect class="m-${mark.look}" x="${round(mark.x)}" y="${round(mark.y)}" width="${round(mark.w)}" height="${round(mark.h)}">${title}</rect>`;
  });
  const legend = lanes.legend.map(
    ({ look, text }) =>
      `<span><svg viewBox="0 0 14 10"><rect class="m-${look}" x="1" y="1" width="12" height="8"/></svg>${escape(text)}</span>`,
  );
  return {
    svg: `<svg viewBox="0 0 ${lanes.width} ${lanes.height}" role="img" aria-label="${escape(t('after.lanes'))}">${PATTERNS}${marks.join('')}</svg>`,
    legend: `<p class="legend">${legend.join('')}</p>`,
  };
}
