import { describe, expect, it } from 'vitest';
import { PRODUCTS } from '../dev/demo.ts';
import { draftOf, productOf } from '../src/settings/product/draft.ts';
import { amountOf, amountText, spanOf, spanText } from '../src/state/typed.ts';
import type { Product } from '../src/wire/types.ts';

describe('a product in its editor', () => {
  const full: Product = {
    ...PRODUCTS[0]!,
    offer: {
      ...PRODUCTS[0]!.offer,
      list_price_evidence: '吊牌价，见照片',
      coupon: { text: { zh: '关注领', en: '' }, off: { minor: 500, currency: 'CNY' } },
      gift: { zh: '送小番茄', en: 'with cherry tomatoes' },
      limit_per_person: 2,
      steps: [
        { after_s: 90, price: { minor: 2790, currency: 'CNY' } },
        { after_s: 180, price: { minor: 2590, currency: 'CNY' } },
      ],
      starts: new Date(2026, 10, 11, 20, 0).getTime(),
      ends: new Date(2026, 10, 12, 0, 30).getTime(),
      bundle: {
        units: 2,
        price: { minor: 4990, currency: 'CNY' },
        with: [{ product: 'pear', units: 1 }],
      },
    },
    more_photos: ['own-1.jpg'],
    links: { taobao: 'https://item.taobao.com/1' },
    origin: {
      place: { zh: '烟台栖霞', en: 'Qixia, Yantai' },
      grower: { zh: '', en: '' },
      harvested: '2026-10-28',
      evidence: '批次 A7',
    },
    facts: {
      shipping: { zh: '48 小时内发货', en: '' },
      shelf_life: { zh: '', en: '' },
      size: { zh: '', en: '' },
      usage: { zh: '', en: '' },
      after_sales: { zh: '坏果包赔', en: '' },
    },
    talking_points: ['脆', '甜'],
    cost: { minor: 1205, currency: 'CNY' },
    gtin: '4006381333931',
    link: 'https://example.com/fuji',
  };

  it('comes back as it was', () => {
    for (const product of [full, ...PRODUCTS])
      expect(productOf(product.id, draftOf(product, 'CNY'))).toEqual({ product });
  });

  it('needs a title and a price, and says which field cannot be read', () => {
    const empty = productOf('new', draftOf(null, 'CNY'));
    expect(empty).toEqual({
      faults: [
        { field: 'editor.title', why: 'editor.missing' },
        { field: 'editor.live', why: 'editor.missing' },
      ],
    });
    const draft = { ...draftOf(full, 'CNY'), live: '29,9O', quantity: 'viele', countdown: '3:75' };
    draft.steps = [{ after: '1:00', price: '' }];
    const why = productOf('fuji', draft);
    expect('faults' in why && why.faults.map((fault) => fault.field)).toEqual([
      'editor.live',
      'editor.steps',
      'editor.quantity',
      'editor.countdown',
    ]);
  });

  it('reads money exactly as people type it', () => {
    const fen = (text: string, currency = 'CNY') => amountOf(text, currency)?.minor ?? null;
    expect(fen('29.9')).toBe(2990);
    expect(fen('２９．９０')).toBe(2990);
    expect(fen('¥29,9')).toBe(2990);
    expect(fen('0.07')).toBe(7);
    expect(fen('1200', 'JPY')).toBe(1200);
    for (const text of ['29.901', '1.200', '-3', '1e3', '29.9元9', '.']) expect(fen(text), text).toBeNull();
    expect(fen('12.5', 'JPY')).toBeNull();
    for (const minor of [0, 7, 70, 700, 2990, 123_456_789])
      expect(fen(amountText({ minor, currency: 'CNY' }))).toBe(minor);
  });

  it('reads times as minutes or as a clock', () => {
    expect(['3', '3:00', '0:45', '１：３０', '1,5', '2.25'].map(spanOf)).toEqual([180, 180, 45, 90, 90, 135]);
    expect(['3:75', 'drei', '-1', ':30'].map(spanOf)).toEqual([null, null, null, null]);
    expect([45, 180, 3_600, 86_400].map((s) => spanOf(spanText(s)))).toEqual([45, 180, 3_600, 86_400]);
  });
});
