// The recap as files that need nothing else: one page, one table.
import { dayAndTime, money, textOf, whole } from '../format.ts';
import { t } from '../messages/text.ts';
import type { Lang } from '../state/prefs.svelte.ts';
import type { RecapView } from '../wire/types.ts';
import { lanesHtml, LANES_CSS } from './export_lanes.ts';
import { dropRows, minuteRows, padded, saleHeads, withSales } from './export_sales.ts';
import { cell, escape } from './export_text.ts';
import { gameWords } from './games.ts';
import { pinPath, plotOf, pricePath, round, type Plot } from './plot.ts';
import {
  against,
  incidentLength,
  incidentWhat,
  intoShow,
  lengthOf,
  salesFigures,
  soldOf,
  takenOf,
  titleOf,
  unitsOf,
} from './words.ts';

const WIDTH = 900;

export function recapHtml(view: RecapView, lang: Lang): string {
  const { recap, totals, before } = view;
  const title = (product: string | null): string => escape(titleOf(recap, product, lang));
  const table = (heads: string[], rows: string[][]): string =>
    rows.length === 0
      ? `<p class="dim">${escape(t('after.none'))}</p>`
      : `<table><thead><tr>${heads.map((head) => `<th>${escape(head)}</th>`).join('')}</tr></thead><tbody>${rows
          .map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join('')}</tr>`)
          .join('')}</tbody></table>`;
  const figure = (name: string, value: string, change: string | null): string =>
    `<div><dt>${escape(name)}</dt><dd>${escape(value)}${change === null ? '' : ` <small>${escape(change)}</small>`}</dd></div>`;
  const count = (value: number): string => whole(value, lang);
  const recordings = view.recordings
    .filter((part) => part.length_ms !== null)
    .map((part) => ({ at: part.at, length: part.length_ms ?? 0 }));
  const products = recap.products.map((product, index) => [
    String(index + 1),
    title(product.product),
    lengthOf(product.on_air_ms),
    count(product.chat_lines),
    count(product.questions),
    product.stock === null
      ? escape(t('after.not_counted'))
      : `${count(product.stock.before)} → ${count(product.stock.after)}`,
    [soldOf(product.sales, lang), takenOf(product.takings, lang)]
      .filter((part) => part !== '')
      .map(escape)
      .join('<br>'),
    escape(money(product.price_after, lang)),
  ]);
  const figures = [
    figure(t('after.length'), lengthOf(totals.length_ms), null),
    figure(t('after.products'), count(totals.products), against(totals.products, before?.products ?? null)),
    figure(t('after.chat'), count(totals.chat_lines), against(totals.chat_lines, before?.chat_lines ?? null)),
    figure(
      t('after.questions'),
      count(totals.questions),
      against(totals.questions, before?.questions ?? null),
    ),
    figure(
      t('after.answered'),
      t('after.answered_of', { n: count(totals.answered), all: count(totals.pinned) }),
      against(totals.answered, before?.answered ?? null),
    ),
    figure(
      t('after.stock_down'),
      totals.stock_down === null ? t('after.not_counted') : count(totals.stock_down),
      against(totals.stock_down, before?.stock_down ?? null),
    ),
    figure(t('after.viewers'), t('after.unknown'), null),
    ...salesFigures(totals, before, lang).map(({ name, value, change }) => figure(name, value, change)),
  ];
  const lanes = lanesHtml(recap, WIDTH, lang);
  const body = [
    `<h1>${escape(recap.name)}</h1>`,
    `<p class="dim">${escape(dayAndTime(recap.began, lang))}${recap.kind === 'rehearsal' ? ` · ${escape(t('after.rehearsal'))}` : ''}</p>`,
    `<dl>${figures.join('')}</dl>`,
    before === null
      ? ''
      : `<p class="dim">${escape(t('after.compared', { when: dayAndTime(before.began, lang) }))}</p>`,
    `<h2>${escape(t('after.timeline'))}</h2>`,
    `<div class="plots">${plotSvg(plotOf(recap, WIDTH, recordings), lang, (product) => titleOf(recap, product, lang))}${lanes.svg}</div>`,
    `<p class="dim">${escape(t('after.plot_text'))}</p>`,
    lanes.legend,
    table(
      [
        '',
        t('after.product'),
        t('after.from'),
        t('after.on_air'),
        t('after.chat'),
        t('after.questions'),
        ...(totals.sales === null ? [] : [t('after.sold_meanwhile')]),
      ],
      recap.segments.map((segment, index) => [
        String(index + 1),
        title(segment.product),
        intoShow(recap, segment.from),
        lengthOf(segment.to - segment.from),
        count(segment.chat_lines),
        count(segment.questions),
        ...(totals.sales === null ? [] : [escape(unitsOf(segment.sales, lang))]),
      ]),
    ),
    `<h2>${escape(t('after.products'))}</h2>`,
    table(
      [
        '',
        t('after.product'),
        t('after.on_air'),
        t('after.chat'),
        t('after.questions'),
        t('after.stock'),
        t('after.sold'),
        t('after.price'),
      ],
      products,
    ),
    `<h2>${escape(t('after.pinned'))}</h2>`,
    table(
      [t('after.from'), t('after.question'), t('after.product')],
      recap.pinned.map((pinned) => [
        intoShow(recap, pinned.at),
        `<bdi>${escape(pinned.text)}</bdi>${pinned.answer === '' ? '' : `<br>${escape(t('after.answer'))} <bdi>${escape(pinned.answer)}</bdi>`}`,
        title(pinned.product),
      ]),
    ),
    `<h2>${escape(t('after.games'))}</h2>`,
    table(
      [t('after.from'), t('after.length'), t('after.game'), t('after.game_outcome')],
      recap.games.map((game) => {
        const told = gameWords(game, lang, 'masked');
        return [
          intoShow(recap, game.from),
          lengthOf(game.to - game.from),
          `${escape(told.kind)}<br><bdi>${escape(told.what)}</bdi>`,
          `<bdi>${escape(told.outcome)}</bdi>`,
        ];
      }),
    ),
    `<h2>${escape(t('after.prices'))}</h2>`,
    table(
      [t('after.from'), t('after.product'), t('after.price')],
      recap.prices.map((price) => [
        intoShow(recap, price.at),
        title(price.product),
        `${escape(money(price.from, lang))} → ${escape(money(price.to, lang))}`,
      ]),
    ),
    `<h2>${escape(t('after.incidents'))}</h2>`,
    table(
      [t('after.from'), t('after.incident'), t('after.length')],
      recap.incidents.map((incident) => [
        intoShow(recap, incident.from),
        escape(incidentWhat(incident)),
        escape(incidentLength(recap, incident)),
      ]),
    ),
    `<h2>${escape(t('after.corrections'))}</h2>`,
    table(
      [t('after.from'), t('after.product'), t('after.correction')],
      recap.corrections.map((correction) => [
        intoShow(recap, correction.since),
        title(correction.product),
        escape(textOf(correction.text, lang)),
      ]),
    ),
    `<p class="dim">${escape(t('after.unknown_text'))}</p>`,
  ];
  return `<!doctype html>
<html lang="${lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(recap.name)}</title>
<style>
body{font:15px/1.5 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;color:#14181c;background:#fff;max-width:900px;margin:24px auto;padding:0 16px;font-variant-numeric:tabular-nums}
h1{margin:0;font-size:26px}h2{margin:28px 0 8px;font-size:18px}.dim,small{color:#485159}
dl{display:flex;flex-wrap:wrap;gap:12px 28px;margin:16px 0}dt{color:#485159;font-size:13px}dd{margin:0;font-size:20px;font-weight:600}small{font-size:13px;font-weight:400}
table{border-collapse:collapse;width:100%;font-size:14px}th,td{text-align:left;padding:5px 10px 5px 0;border-bottom:1px solid #d2d7dc;vertical-align:top}th{color:#485159;font-weight:600}
svg{width:100%;height:auto;display:block}.plots{overflow-x:auto}.plots svg{min-width:640px}svg text{font-size:11px;fill:#485159}
${LANES_CSS}
@media print{.plots svg{min-width:0}body{margin:0;max-width:none}h2{break-after:avoid}tr,svg{break-inside:avoid}svg,.legend svg{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
</style>
</head>
<body>
${body.filter((part) => part !== '').join('\n')}
</body>
</html>
`;
}

function plotSvg(plot: Plot, lang: Lang, title: (product: string) => string): string {
  const parts: string[] = [];
  for (const tick of plot.ticks) {
    parts.push(
      `<path d="M${round(tick.x)} 8V${plot.base}" stroke="#d2d7dc"/>`,
      `<text x="${round(tick.x) + 3}" y="${plot.base + 24}">${escape(t('after.minute', { minute: tick.minute }))}</text>`,
    );
  }
  for (const bar of plot.bars) {
    const said = escape(t('after.bar', { lines: bar.lines, questions: bar.asked }));
    parts.push(
      `<g><title>${said}</title><rect x="${round(bar.x)}" y="${round(plot.base - bar.h)}" width="${round(bar.w)}" height="${round(bar.h)}" fill="#b4bac0"/>`,
      `<rect x="${round(bar.x)}" y="${round(plot.base - bar.questions)}" width="${round(bar.w)}" height="${round(bar.questions)}" fill="#1a5fcc"/></g>`,
    );
  }
  for (const segment of plot.segments) {
    parts.push(
      `<g><title>${segment.number} ${escape(title(segment.product))}</title><rect x="${round(segment.x)}" y="${plot.row.y}" width="${round(segment.w)}" height="${plot.row.h}" fill="#dfeafc" stroke="#124fb3"/>${
        segment.w < 16
          ? ''
          : `<text x="${round(segment.x + segment.w / 2)}" y="${plot.row.y + 18}" text-anchor="middle" style="fill:#14181c;font-weight:700">${segment.number}</text>`
      }</g>`,
    );
  }
  for (const pin of plot.pins)
    parts.push(`<path d="${pinPath(pin.x)}" fill="#7d4a00"><title>${escape(pin.text)}</title></path>`);
  for (const price of plot.prices)
    parts.push(
      `<path d="${pricePath(price.x)}" fill="#0c6a35"><title>${escape(title(price.product))}</title></path>`,
    );
  for (const part of plot.recorded)
    parts.push(
      `<rect x="${round(part.x)}" y="${plot.base + 3}" width="${round(part.w)}" height="3" fill="#14181c"/>`,
    );
  return `<svg viewBox="0 0 ${plot.width} ${plot.height}" role="img" aria-label="${escape(t('after.timeline'))}" lang="${lang}">${parts.join('')}</svg>`;
}

/** One table: what, when, how long, which product, and the figures. With the mark that Excel wants for UTF-8. */
export function recapCsv(view: RecapView, lang: Lang): string {
  const { recap } = view;
  const title = (product: string | null): string => titleOf(recap, product, lang);
  const seconds = (ms: number): number => Math.round(ms / 1000);
  const rows: (string | number)[][] = [
    [
      t('after.csv_what'),
      t('after.csv_at'),
      t('after.csv_seconds'),
      t('after.csv_id'),
      t('after.product'),
      t('after.chat'),
      t('after.questions'),
      t('after.csv_before'),
      t('after.csv_after'),
      t('after.csv_note'),
      ...saleHeads(),
    ],
    ...withSales(
      [
        t('after.csv_show'),
        new Date(recap.began).toISOString(),
        seconds(view.totals.length_ms),
        '',
        '',
        view.totals.chat_lines,
        view.totals.questions,
        '',
        '',
        recap.name,
      ],
      view.totals.sales,
      view.totals.takings,
    ),
  ];
  for (const segment of recap.segments) {
    const on = seconds(segment.to - segment.from);
    const { product, chat_lines, questions } = segment;
    const row = [t('after.csv_segment'), new Date(segment.from).toISOString(), on, product, title(product)];
    const sales = view.totals.sales === null ? null : segment.sales;
    rows.push(...withSales([...row, chat_lines, questions, '', '', ''], sales, []));
  }
  for (const product of recap.products) {
    const row = [t('after.csv_product'), '', seconds(product.on_air_ms), product.product];
    const { chat_lines, questions } = product;
    rows.push(
      ...withSales(
        [...row, title(product.product), chat_lines, questions, '', '', ''],
        product.sales,
        product.takings,
      ),
    );
    if (product.stock !== null)
      rows.push([
        t('after.csv_stock'),
        '',
        '',
        product.product,
        title(product.product),
        '',
        '',
        product.stock.before,
        product.stock.after,
        '',
      ]);
  }
  for (const price of recap.prices)
    rows.push([
      t('after.csv_price'),
      new Date(price.at).toISOString(),
      '',
      price.product,
      title(price.product),
      '',
      '',
      money(price.from, lang),
      money(price.to, lang),
      '',
    ]);
  for (const pinned of recap.pinned)
    rows.push([
      t('after.csv_pinned'),
      new Date(pinned.at).toISOString(),
      seconds(pinned.until - pinned.at),
      pinned.product ?? '',
      title(pinned.product),
      '',
      '',
      '',
      '',
      pinned.answer === '' ? pinned.text : `${pinned.text} ${t('after.answer')} ${pinned.answer}`,
    ]);
  for (const game of recap.games) {
    const told = gameWords(game, lang, 'masked');
    const product = game.play.game === 'auction' ? game.play.product : null;
    rows.push([
      told.kind,
      new Date(game.from).toISOString(),
      seconds(game.to - game.from),
      product ?? '',
      title(product),
      '',
      '',
      '',
      '',
      `${told.what} · ${told.outcome}`,
    ]);
  }
  for (const correction of recap.corrections)
    rows.push([
      t('after.correction'),
      new Date(correction.since).toISOString(),
      '',
      correction.product,
      title(correction.product),
      '',
      '',
      '',
      '',
      textOf(correction.text, lang),
    ]);
  for (const incident of recap.incidents)
    rows.push([
      t('after.incident'),
      new Date(incident.from).toISOString(),
      seconds((incident.to ?? recap.ended) - incident.from),
      '',
      '',
      '',
      '',
      '',
      '',
      `${incidentWhat(incident)} · ${incidentLength(recap, incident)}`,
    ]);
  rows.push(...minuteRows(view), ...dropRows(view));
  for (const part of view.recordings)
    rows.push([
      t('after.csv_part'),
      new Date(part.at).toISOString(),
      part.length_ms === null ? '' : seconds(part.length_ms),
      '',
      '',
      '',
      '',
      '',
      '',
      part.file,
    ]);
  return `\ufeff${rows.map((row) => padded(row).map(cell).join(',')).join('\r\n')}\r\n`;
}
