import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { columnsOf, moreColumnsOf, templateOf, type ColumnId } from '../src/settings/import_columns.ts';

const RUST = ['synonyms', 'synonyms_details']
  .map((name) => new URL(`../../crates/journal/src/catalogue/${name}.rs`, import.meta.url))
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');
/** The engine's names of a field's headers. */
const names = new Map(
  [...RUST.matchAll(/Field::(\w+),\s*&\[([^\]]*)\]/g)].map(([, field, list]) => [
    field ?? '',
    [...(list ?? '').matchAll(/"([^"]+)"/g)].map((name) => name[1] ?? ''),
  ]),
);
const FIELD: Record<ColumnId, string> = {
  title: 'Title',
  live_price: 'LivePrice',
  list_price: 'ListPrice',
  currency: 'Currency',
  stock: 'Quantity',
  spec: 'Spec',
  short_title: 'ShortTitle',
  title_other: 'Title',
  countdown: 'Countdown',
  photo: 'Photo',
  talking_points: 'TalkingPoints',
  link: 'Link',
  barcode: 'Gtin',
  id: 'Id',
  coupon: 'Coupon',
  gift: 'Gift',
  limit: 'LimitPerPerson',
  steps: 'Steps',
  starts: 'Starts',
  ends: 'Ends',
  offer_period: 'OfferPeriod',
  evidence: 'ListPriceEvidence',
  origin: 'Origin',
  grower: 'Grower',
  harvested: 'Harvested',
  origin_evidence: 'OriginEvidence',
  shipping: 'Shipping',
  shelf_life: 'ShelfLife',
  size_guide: 'SizeGuide',
  usage: 'Usage',
  after_sales: 'AfterSales',
  planned: 'PlannedMinutes',
  demonstration: 'Demonstration',
  holder: 'Holder',
};

it('the import understands every column of the template as what the template says it is', () => {
  for (const lang of ['zh-CN', 'en'] as const) {
    for (const { id, header } of [...columnsOf(lang), ...moreColumnsOf(lang)]) {
      const bare = header
        .replace('(分钟)', '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}]/gu, '');
      const field = id === 'title_other' ? (lang === 'en' ? 'TitleZh' : 'TitleEn') : FIELD[id];
      const known = names.get(field) ?? [];
      expect(
        known.some((name) => name === bare || name === bare.replace(/\d+$/, '')),
        `${header} as ${field}`,
      ).toBe(true);
    }
  }
});

it('the template is a sheet of two products that Excel reads as UTF-8', () => {
  const lines = templateOf('zh-CN').trim().split('\r\n');
  expect(templateOf('zh-CN').startsWith('\uFEFF')).toBe(true);
  expect(lines.map((line) => line.split(',').length)).toEqual([15, 15, 15]);
});
