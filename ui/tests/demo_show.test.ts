import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DEMO_PRODUCTS, DEMO_TICKER, demoProducts, tickerWithoutDemo } from '../src/settings/demo_show.ts';

const read = (file: string): string =>
  readFileSync(new URL(`../../assets/demo/${file}`, import.meta.url), 'utf8');
const script = JSON.parse(read('show.json')) as { ticker: { zh: string; en: string } };

it('what counts as the demo’s is what the demo has', () => {
  const ids = read('products.csv')
    .split('\n')
    .slice(1)
    .map((line) => line.split(',')[0] ?? '')
    .filter((id) => id !== '');
  expect([...DEMO_PRODUCTS]).toEqual(ids);
  expect([...DEMO_TICKER]).toEqual([...script.ticker.zh.split('\n'), ...script.ticker.en.split('\n')]);
});

it('own products and own lines of the ticker are none of the demo’s', () => {
  expect(demoProducts({ 'honey-linden-500': {}, mine: {} })).toEqual(['honey-linden-500']);
  expect(tickerWithoutDemo(script.ticker)).toEqual({ zh: '', en: '' });
  expect(tickerWithoutDemo({ zh: `自己的\n${script.ticker.zh}`, en: 'mine' })).toEqual({
    zh: '自己的',
    en: 'mine',
  });
  expect(tickerWithoutDemo({ zh: '自己的', en: '' })).toBeNull();
});
