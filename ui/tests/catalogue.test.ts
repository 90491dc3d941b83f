import { describe, expect, it } from 'vitest';
import { sought } from '../src/settings/import_photos.ts';
import { afterChanges, Looked } from '../src/state/catalogue.ts';
import type { CatalogueView, Product } from '../src/wire/types.ts';

const product = (id: string, title = id): Product => ({ id, title: { zh: title, en: '' } }) as Product;
const told = (more: Partial<CatalogueView>): CatalogueView => ({
  whole: false,
  products: [],
  gone: [],
  total: 50000,
  version: 1,
  ...more,
});

describe('what the page holds of the catalogue', () => {
  it('follows what changed, and begins anew with a new connection', () => {
    const first = afterChanges({}, told({ whole: true, products: [product('a'), product('b')] }));
    const next = afterChanges(first, told({ products: [product('b', '梨')], gone: ['a'] }));
    expect(Object.keys(next)).toEqual(['b']);
    expect(next['b']?.title.zh).toBe('梨');
    expect(Object.keys(afterChanges(next, told({ whole: true, products: [product('c')] })))).toEqual(['c']);
  });

  it('keeps of what was looked for only the last', () => {
    const looked = new Looked();
    const all = Array.from({ length: 1000 }, (_, n) => product(`p${n}`));
    looked.keep(all);
    looked.keep([product('p700', '新')]);
    const kept = Object.keys(looked.all);
    expect(kept.length).toBe(300);
    expect(kept.at(-1)).toBe('p700');
    expect(kept).toContain('p701');
    expect(looked.all['p700']?.title.zh).toBe('新');
  });

  it('looks for the product of a photo by the words of its file', () => {
    expect(sought('photos/SKU-00012_Peach.JPG')).toBe('sku 00012 peach');
  });
});
