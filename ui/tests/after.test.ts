import { describe, expect, it, vi } from 'vitest';
import { after } from '../dev/mock_after.ts';
import { PRODUCTS } from '../dev/demo.ts';
import { recapCsv, recapHtml } from '../src/after/export.ts';
import { cell } from '../src/after/export_text.ts';
import { lanesOf } from '../src/after/lanes.ts';
import { plotOf } from '../src/after/plot.ts';
import { roomParts } from '../src/after/keeping.ts';
import {
  against,
  clipFault,
  evidenceFault,
  incidentLength,
  incidentWhat,
  intoShow,
  pasteText,
  progressOf,
  takenAgainst,
  takenOf,
} from '../src/after/words.ts';
import { prefs } from '../src/state/prefs.svelte.ts';
import type { ClipsView, KeepingView, RecapView } from '../src/wire/types.ts';

// What the page asks of its browser for the language that it begins with.
vi.hoisted(() => {
  const browser = { matchMedia: () => ({ matches: false }), navigator: { language: 'en' } };
  for (const [name, value] of Object.entries(browser))
    Object.defineProperty(globalThis, name, { value, configurable: true });
  Object.defineProperty(globalThis, 'localStorage', { value: { getItem: () => null }, configurable: true });
});

const recap = (show = 40): RecapView =>
  after('test', { ask: 'recap', show }, Object.values(PRODUCTS)) as RecapView;

describe('the time line', () => {
  it('puts everything inside its width, in the order of time', () => {
    const view = recap();
    const plot = plotOf(view.recap, 600);
    expect(plot.segments.length).toBe(view.recap.segments.length);
    for (const { x, w } of [...plot.segments, ...plot.bars]) {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x + w).toBeLessThanOrEqual(603);
    }
    const starts = plot.segments.map((segment) => segment.x);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(plot.ticks.length).toBeLessThanOrEqual(10);
  });

  it('draws a day in bars that can still be told apart, none higher than there is room', () => {
    const { recap: one } = recap();
    const minutes = Array.from({ length: 1440 }, (_, n) => ({
      chat_lines: n % 50,
      questions: n % 5,
      sales: { open: 0, paid: n % 3, refunded: 0, cancelled: 0 },
      takings: [],
    }));
    const plot = plotOf({ ...one, ended: one.began + 1440 * 60_000, minutes }, 600);
    expect(plot.bars.length).toBeLessThanOrEqual(120);
    expect(plot.minutesPerBar).toBe(12);
    const lines = minutes.reduce((sum, minute) => sum + minute.chat_lines, 0);
    expect(plot.bars.reduce((sum, bar) => sum + bar.lines, 0)).toBe(lines);
    for (const bar of plot.bars) expect(bar.h).toBeLessThanOrEqual(plot.base - plot.row.y - plot.row.h);
  });

  it('stands for a show without chat or products', () => {
    const { recap: one } = recap();
    const plot = plotOf({ ...one, ended: one.began, minutes: [], segments: [], pinned: [], prices: [] }, 300);
    expect(plot.most).toBe(0);
    expect(plot.bars).toEqual([]);
  });
});

describe('the exports', () => {
  it('are one page that needs nothing else, in which no text is markup', () => {
    const view = recap();
    view.recap.name = '<script>alert(1)</script> & "x"';
    view.recap.pinned = [
      { at: view.recap.began, until: view.recap.began, text: '<img src=x>', answer: '<b>yes', product: null },
    ];
    const html = recapHtml(view, 'en');
    expect(html).not.toContain('<script');
    expect(html).not.toContain('<img');
    expect(html).not.toContain('<b>yes');
    expect(html).toContain('yes');
    expect(html).not.toMatch(/<[^>]*\b(src|href)=/);
    expect(html).toContain('<svg');
    expect(html).toContain('unknown');
    prefs.lang = 'zh-CN';
    expect(recapHtml(view, 'zh-CN')).toContain('未知');
  });

  it('are a table of as many cells in every row, with text that no spreadsheet takes for a formula', () => {
    const view = recap();
    view.recap.pinned = [
      {
        at: view.recap.began,
        until: view.recap.began,
        text: '=HYPERLINK("x"),\n2',
        answer: '',
        product: null,
      },
    ];
    const csv = recapCsv(view, 'zh-CN');
    expect(csv.startsWith('\ufeff')).toBe(true);
    expect(csv).toContain(`"'=HYPERLINK(""x""),\n2"`);
    const plain = csv.split('\r\n').filter((row) => row !== '' && !row.includes('"'));
    expect(new Set(plain.map((row) => row.split(',').length))).toEqual(new Set([18]));
    expect(cell(-3)).toBe('-3');
    expect(cell('-3')).toBe("'-3");
  });
});

describe('the lanes below the time line', () => {
  it('show what sold, what was left out and what failed, each in its place and told in words', () => {
    const { recap: one } = recap();
    for (const width of [240, 900]) {
      const lanes = lanesOf(one, width, 'en');
      if (lanes === null) throw new Error('the example has all of them');
      for (const mark of lanes.marks) {
        expect(mark.x).toBeGreaterThanOrEqual(0);
        if (mark.kind === 'text') continue;
        expect(mark.x + mark.w).toBeLessThanOrEqual(width + 3);
        expect(mark.y + mark.h).toBeLessThanOrEqual(lanes.height + 1);
      }
      const looks = lanes.legend.map(({ look }) => look);
      expect(looks).toEqual(['paid', 'open', 'back', 'failed', 'less', 'dropped']);
      const names = lanes.marks.flatMap((mark) => (mark.kind === 'text' ? [mark.text] : []));
      expect(names.filter((name) => name.includes('Bilibili')).length).toBe(3);
    }
  });

  it('have bars as high as what was sold, and nothing where nothing is known', () => {
    const { recap: one } = recap();
    const none = { open: 0, paid: 0, refunded: 0, cancelled: 0 };
    const quiet = { ...one, incidents: [], drops: [] };
    const minute = (paid: number) => ({ chat_lines: 1, questions: 0, sales: { ...none, paid }, takings: [] });
    expect(lanesOf({ ...quiet, minutes: [minute(0)] }, 600, 'en')).toBeNull();
    const lanes = lanesOf({ ...quiet, minutes: [minute(6), minute(0), minute(3)] }, 600, 'en');
    const bars = lanes?.marks.flatMap((mark) =>
      mark.kind === 'rect' && mark.look === 'paid' ? [mark.h] : [],
    );
    expect(bars?.length).toBe(2);
    expect((bars?.[0] ?? 0) / (bars?.[1] ?? 1)).toBeCloseTo(2);
  });

  it('stand in the exported page, and their figures in the table', () => {
    prefs.lang = 'en';
    const view = recap();
    const html = recapHtml(view, 'en');
    for (const look of ['paid', 'open', 'back', 'failed', 'less', 'dropped'])
      expect(html).toContain(`class="m-${look}"`);
    expect(html.match(/<svg viewBox="0 0 900/g)?.length).toBe(2);
    const rows = recapCsv(view, 'en').split('\r\n');
    const minutes = rows.filter((row) => row.startsWith('minute,')).map((row) => row.split(','));
    const paid = minutes.reduce((sum, row) => sum + Number(row[10]), 0);
    expect(paid).toBe(view.recap.minutes.reduce((sum, one) => sum + one.sales.paid, 0));
    expect(minutes[0]?.slice(14, 17)).toEqual(['89.7', '0', 'CNY']);
    const dropped = rows.filter((row) => row.startsWith('pictures left out,'));
    expect(dropped.map((row) => Number(row.split(',')[17]))).toEqual(
      view.recap.drops.map((drop) => drop.pictures),
    );
  });

  it('add up money of each currency by itself and compare only the same', () => {
    const taken = (paid: number, refunded: number, currency = 'CNY') => ({
      paid: { minor: paid, currency },
      refunded: { minor: refunded, currency },
    });
    expect(takenOf([], 'en')).toBe('');
    expect(takenOf([taken(100, 0), taken(250, 50)], 'en')).toContain('¥3.50');
    expect(takenOf([taken(100, 0), taken(200, 0, 'USD')], 'en')).toBe('¥1 + $2');
    expect(takenAgainst([taken(500, 0)], [taken(800, 0)], 'en')).toBe('−¥3');
    expect(takenAgainst([taken(500, 0)], [taken(800, 0, 'USD')], 'en')).toBeNull();
    expect(takenAgainst([taken(500, 0)], null, 'en')).toBeNull();
  });
});

describe('words of the page after the show', () => {
  it('compare only what is known of both shows', () => {
    expect(against(12, 9)).toBe('+3');
    expect(against(9, 12)).toBe('−3');
    expect(against(9, 9)).toBe('±0');
    expect(against(null, 9)).toBeNull();
    expect(against(9, null)).toBeNull();
  });

  it('say how far into the show something was, and why a clip is missing', () => {
    const { recap: one } = recap();
    expect(intoShow(one, one.began + 3_725_000)).toBe('01:02:05');
    expect(new Set(['disk_full', 'unwritable', 'nothing_there', 'part_unreadable'].map(clipFault)).size).toBe(
      4,
    );
  });

  it('give title and link of each language that there is', () => {
    const product = recap().recap.products[0];
    if (product === undefined) throw new Error('the demo has products');
    const one = {
      ...product,
      title: { zh: '苹果', en: '' },
      spec: { zh: '5 斤', en: '' },
      link: 'https://x',
    };
    expect(pasteText(one, 'zh-CN')).toBe('苹果 5 斤\nhttps://x');
    expect(pasteText(one, 'en')).toBe('');
    expect(pasteText({ ...one, link: null }, 'zh-CN')).toBe('苹果 5 斤');
  });

  it('count only clips that are to be made', () => {
    const clips = after(
      'count',
      { ask: 'clips', show: 40, edges: 'keyframe' },
      Object.values(PRODUCTS),
    ) as ClipsView;
    const states = clips.clips.map((clip) => clip.state);
    const skipped = states.filter((state) => state === 'too_short' || state === 'not_recorded').length;
    expect(skipped).toBeGreaterThan(0);
    expect(progressOf(clips.clips)).toEqual({ made: 0, failed: 0, wanted: states.length - skipped });
  });
});

describe('what went wrong, and what is kept', () => {
  it('says who got nothing, why, for how long and what it cost, on the page and in both files', () => {
    const view = recap();
    const [lost, short] = view.recap.incidents;
    if (lost === undefined || short === undefined) throw new Error('the example has two incidents');
    expect(incidentWhat(lost)).toContain(lost.name);
    expect(incidentLength(view.recap, lost)).toContain('0:09');
    expect(incidentLength(view.recap, lost)).toContain('240');
    expect(incidentWhat(short)).toContain('900');
    for (const text of [recapHtml(view, 'en'), recapCsv(view, 'en')])
      for (const incident of view.recap.incidents) expect(text).toContain(incidentWhat(incident));
  });

  it('has a sentence of its own for every way in which evidence fails', () => {
    const codes = [
      'disk_full',
      'still_written',
      'went_live',
      'chain_broken',
      'part_unreadable',
      'unwritable',
    ];
    expect(new Set(codes.map(evidenceFault)).size).toBe(codes.length);
  });

  it('draws all of the disk that is known, and no more', () => {
    const view = after('test', { ask: 'keeping' }, []) as KeepingView;
    const sum = (parts: { share: number }[]): number => parts.reduce((all, part) => all + part.share, 0);
    expect(sum(roomParts(view))).toBeCloseTo(1);
    expect(roomParts({ ...view, free_bytes: null }).map((part) => part.kind)).not.toContain('free');
  });
});
