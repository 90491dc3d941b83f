import { describe, expect, it } from 'vitest';
import { correctionText, markOf, placeOf } from '../src/state/selling.ts';
import { PRODUCTS } from '../dev/demo.ts';
import { findingsOf } from '../dev/mock_findings.ts';

const found = (reasons: Record<string, string>) => findingsOf(true, reasons, 0).products;

describe('the mark beside a product', () => {
  it('says what is worst and still open', () => {
    expect(markOf(undefined)).toBeNull();
    expect(markOf([])).toBeNull();
    expect(markOf(found({})['fuji'])).toEqual({ level: 'warn', count: 1 });
    expect(markOf(found({})['honey'])).toEqual({ level: 'forbidden', count: 2 });
    expect(markOf(found({ 国家级: 'x' })['honey'])).toEqual({ level: 'forbidden', count: 1 });
    expect(markOf(found({ 国家级: 'x', 最高级: 'y' })['honey'])).toEqual({ level: 'warn', count: 1 });
    const words = found({ 国家级: 'x', 最高级: 'y' })['honey']?.slice(0, 2);
    expect(markOf(words)).toEqual({ level: 'reasoned', count: 2 });
  });

  it('has a sentence for every place that the engine names', () => {
    const [finding] = found({})['fuji'] ?? [];
    const places = ['title', 'spec', 'coupon', 'gift', 'demonstration', 'origin', 'facts', 'ticker'];
    const keys = places.map((place) => finding && placeOf({ ...finding, place }));
    expect(keys).toEqual(places.map((place) => `selling.in_${place}`));
  });
});

describe('a correction', () => {
  it('names the product and its price in both languages and fits its line', () => {
    const [product] = PRODUCTS;
    if (product === undefined) throw new Error('no product');
    const text = correctionText(product, 'price');
    expect(text.zh).toContain('红富士');
    expect(text.zh).toContain('29.9');
    expect(text.en).toContain('Red Fuji');
    expect(text.en).toContain('29.90');
    const called = { ...product, short_title: { zh: '小苹果', en: '' } };
    expect(correctionText(called, 'price').zh).toContain('小苹果');
    expect(correctionText(called, 'price').en).toContain('Red Fuji');
    const long = { ...product, title: { zh: '果'.repeat(300), en: 'apple '.repeat(50) } };
    for (const kind of ['price', 'claim'] as const) {
      const { zh, en } = correctionText(long, kind);
      expect([...zh].length).toBeLessThanOrEqual(120);
      expect([...en].length).toBeLessThanOrEqual(120);
    }
  });
});
