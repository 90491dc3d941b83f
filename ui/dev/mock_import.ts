// What the look at a sheet says, without an engine: a short one, and one of more pages than one.
import type { ImportView } from '../src/wire/types.ts';

/** What the mock's import answers, whatever the sheet. */
const IMPORT: ImportView = {
  imported: 8,
  added: 2,
  changed: 3,
  changes: [
    {
      product: 'apple',
      title: { zh: '烟台红富士苹果', en: 'Yantai Fuji apples' },
      is_new: false,
      fields: [
        { field: 'live_price', from: '29.90 CNY', to: '27.90 CNY' },
        { field: 'gift', from: '', to: '削皮刀一把' },
      ],
    },
    {
      product: 'pear',
      title: { zh: '砀山酥梨', en: 'Dangshan pears' },
      is_new: false,
      fields: [{ field: 'quantity', from: '112', to: '80' }],
    },
    {
      product: 'kiwi',
      title: { zh: '周至猕猴桃', en: 'Zhouzhi kiwis' },
      is_new: false,
      fields: [
        { field: 'shelf_life', from: '常温三天', to: '常温五天，放冰箱里能放两个星期，放软了再吃' },
        { field: 'link', from: 'https://shop.example/kiwi', to: 'https://shop.example/products/kiwi-2026' },
      ],
    },
    { product: 'plum', title: { zh: '脆红李', en: 'Crisp red plums' }, is_new: true, fields: [] },
    { product: 'grape', title: { zh: '阳光玫瑰葡萄', en: 'Shine Muscat grapes' }, is_new: true, fields: [] },
  ],
  listed: 8,
  columns: [
    { letter: 'A', header: '商品名称', field: 'title' },
    { letter: 'B', header: '直播价(元)', field: 'live_price' },
    { letter: 'C', header: '价格', field: 'list_price' },
    { letter: 'D', header: '可发件数', field: null },
    { letter: 'E', header: '讲解时长', field: 'planned_minutes' },
  ],
  seen: 'mock',
  assumed: 3,
  currency: 'CNY',
  aside: 0,
  format: 'xlsx',
  encoding: 'utf-8',
  problems: [
    { line: 7, column: 'C 价格', code: 'price_unreadable', value: '29,9O', taken: true },
    { line: 12, column: 'A 商品名称', code: 'title_missing', value: '', taken: false },
  ],
};

/** As many as the engine tells at once. */
const PAGE = 100;
const MANY = 10_240;

export function lookAt(isBig: boolean, offset: number): ImportView {
  if (!isBig) return IMPORT;
  const count = Math.min(PAGE, MANY - offset);
  const changes = Array.from({ length: count }, (_, at) => {
    const n = offset + at + 1;
    return {
      product: `apple-${n}`,
      title: { zh: `烟台红富士苹果 ${n}`, en: `Yantai Fuji apples ${n}` },
      is_new: false,
      fields: [{ field: 'live_price', from: '29.90 CNY', to: '27.90 CNY' }],
    };
  });
  return { ...IMPORT, imported: MANY, added: 0, changed: MANY, changes, problems: [] };
}
