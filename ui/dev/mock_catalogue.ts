// The mock engine's catalogue, as it is told and searched.
import type { CatalogueView, Product, ProductsView, Request, ShowView } from '../src/wire/types.ts';

/** As the engine tells it at first: a small catalogue comes whole. */
export function wholeCatalogue(products: Product[], version: number): CatalogueView {
  return { whole: true, products, gone: [], total: products.length, version };
}

/** What a search finds. */
export function foundIn(
  catalogue: readonly Product[],
  show: ShowView,
  { query, scope, offset, count }: Extract<Request, { ask: 'products' }>,
): ProductsView {
  const listed = new Set(show.rundown.map((item) => item.product));
  const words = query.toLowerCase().split(/\s+/);
  const has = ({ id, title, gtin }: Product): boolean => {
    const text = [id, gtin ?? '', title.zh, title.en].join('\n').toLowerCase();
    return words.every((word) => text.includes(word));
  };
  const found = catalogue.filter((it) => has(it) && (scope === 'all' || !listed.has(it.id)));
  return {
    found: found.length,
    products: found.slice(offset, offset + count),
    stock: show.stock,
    version: 0,
  };
}
