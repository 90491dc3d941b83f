// A search of the catalogue that follows what is typed and what changes; the engine looks, the page holds one window.
import type { Product, ProductScope, ProductSort, ProductsView } from '../wire/types.ts';
import type { Studio } from './studio.svelte.ts';

/** Typing goes on for so long before it is looked for. */
const SETTLES_MS = 120;

export class ProductSearch {
  query = $state('');
  sort: ProductSort = $state('rundown');
  offset = $state(0);
  /** Whether it is wanted at all. */
  open = $state(true);
  found = $state(0);
  products: readonly Product[] = $state.raw([]);
  stock: ProductsView['stock'] = $state.raw({});
  /** What the products were found for; another query is not answered yet. */
  answered: string | null = $state(null);
  private turn = 0;
  /** The order of the rundown, and nothing else of the show: that is new with every press. */
  private readonly listed = $derived.by(() =>
    (this.studio.show?.rundown ?? []).map((item) => item.product).join('\n'),
  );

  /** To be made where a component begins: it looks as long as that lives. */
  constructor(
    private readonly studio: Studio,
    private readonly scope: ProductScope,
    readonly count: number,
  ) {
    $effect(() => {
      void this.studio.catalogue;
      void this.listed;
      const { query, sort, offset } = this;
      if (!this.open || !this.studio.connected) return;
      const wait = setTimeout(() => void this.look(query, sort, offset), SETTLES_MS);
      return () => clearTimeout(wait);
    });
  }

  /** Looks for something else, from the beginning. */
  seek(query: string): void {
    this.query = query;
    this.offset = 0;
  }

  private async look(query: string, sort: ProductSort, offset: number): Promise<void> {
    this.turn += 1;
    const turn = this.turn;
    const view = await this.studio.lookFor({ query, scope: this.scope, sort, offset, count: this.count });
    // A later one was asked for meanwhile.
    if (view === null || turn !== this.turn) return;
    this.found = view.found;
    this.products = view.products;
    this.stock = view.stock;
    this.answered = query;
    // What was there was removed or listed.
    if (offset > 0 && view.products.length === 0) this.offset = Math.max(0, offset - this.count);
  }
}
