import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { columnsOf, templateOf, type ColumnId } from '../src/settings/import_columns.ts';

const RUST = readFileSync(new URL('../../crates/journal/src/catalogue/synonyms.rs', import.meta.url), 'utf8');
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
};

it('the import understands every column of the template as what the template says it is', () => {
  for (const lang of ['zh-CN', 'en'] as const) {
    for (const { id, header } of columnsOf(lang)) {
      const bare = header.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
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
