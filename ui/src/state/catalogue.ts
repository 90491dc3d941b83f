// What the page holds of the catalogue: the rundown's products, and some that were looked for.
import type { CatalogueView, Product } from '../wire/types.ts';

/** Products looked for that are kept, beside the rundown's. */
const LOOKED_MOST = 300;

/** The products after what the engine told of changes. */
export function afterChanges(
  known: Readonly<Record<string, Product>>,
  changes: CatalogueView,
): Record<string, Product> {
  const gone = new Set(changes.gone);
  const stays = changes.whole ? [] : Object.entries(known).filter(([id]) => !gone.has(id));
  return Object.fromEntries([...stays, ...changes.products.map((product) => [product.id, product] as const)]);
}

/** The last products that were looked for; the oldest go first. */
export class Looked {
  private readonly kept = new Map<string, Product>();

  keep(products: readonly Product[]): void {
    for (const product of products) {
      // Anew at the end.
      this.kept.delete(product.id);
      this.kept.set(product.id, product);
    }
    for (const id of this.kept.keys()) {
      if (this.kept.size <= LOOKED_MOST) break;
      this.kept.delete(id);
    }
  }

  get all(): Record<string, Product> {
    return Object.fromEntries(this.kept);
  }
}
