// Many products away in one go.
import type { Studio } from '../state/studio.svelte.ts';
import { demoProducts, tickerWithoutDemo } from './demo_show.ts';

/** Removes them; one of them that is on air is taken off before. Whether all of it was done. */
export async function removeProducts(studio: Studio, products: readonly string[]): Promise<boolean> {
  if (products.length === 0) return true;
  const onAir = studio.show?.on_air?.product;
  if (onAir !== undefined && products.includes(onAir) && !(await studio.run({ do: 'take_off_air' })))
    return false;
  return studio.run({ do: 'remove_products', products: [...products] });
}

/** Removes every product; one that is on air is taken off before. */
export async function removeAll(studio: Studio): Promise<boolean> {
  if (studio.show?.on_air && !(await studio.run({ do: 'take_off_air' }))) return false;
  const outcome = await studio.ask({ ask: 'remove_all_products' });
  if (!outcome.ok) studio.complain(outcome.error);
  return outcome.ok;
}

/** Removes the demo's products and its lines from the ticker. */
export async function removeDemo(studio: Studio): Promise<boolean> {
  return (await removeProducts(studio, demoProducts(studio.products))) && clearDemoTicker(studio);
}

export async function clearDemoTicker(studio: Studio): Promise<boolean> {
  const text = studio.show === null ? null : tickerWithoutDemo(studio.show.ticker);
  return text === null || studio.run({ do: 'set_ticker', text });
}
