// What of a show is still the demo's: assets/demo, which the tests compare with this.
import type { Text } from '../wire/types.ts';

export const DEMO_PRODUCTS: ReadonlySet<string> = new Set([
  'apple-fuji-5',
  'pear-qiuyue-5',
  'honey-linden-500',
  'walnut-185-3',
  'jujube-ruoqiang-2',
  'sweet-potato-yan25-5',
  'juice-apple-6',
  'hamper-family',
  'orange-gannan-5',
  'persimmon-huojing-3',
  'kiwi-xuxiang-24',
  'eggs-mountain-30',
]);

export const DEMO_TICKER: ReadonlySet<string> = new Set([
  '今天现摘，今晚发货；坏果拍照就赔。',
  '关注直播间领 5 元券，满 59 元可用。',
  '本场是演示：画面、商品和价格都不是真的。',
  'Picked today, shipped tonight; send a photo of any bruised fruit and it is replaced.',
  'Follow the room for a ¥5 coupon on orders over ¥59.',
  'This is a demo: the picture, the goods and the prices are made up.',
]);

/** The demo's products that are still in the catalogue. */
export function demoProducts(products: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(products).filter((id) => DEMO_PRODUCTS.has(id));
}

/** The ticker without the demo's lines; `null` where it has none of them. */
export function tickerWithoutDemo(ticker: Text): Text | null {
  const own = (text: string): string =>
    text
      .split('\n')
      .filter((line) => !DEMO_TICKER.has(line))
      .join('\n');
  const left = { zh: own(ticker.zh), en: own(ticker.en) };
  return left.zh === ticker.zh && left.en === ticker.en ? null : left;
}
