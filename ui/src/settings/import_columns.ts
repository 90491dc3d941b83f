// The columns that an import understands, as the template calls them. Other names are understood too: the engine's list
// (crates/journal, synonyms.rs) has them all, and a test holds this one against it.
import type { Lang } from '../state/prefs.svelte.ts';

export type ColumnId =
  | 'title'
  | 'live_price'
  | 'list_price'
  | 'currency'
  | 'stock'
  | 'spec'
  | 'short_title'
  | 'title_other'
  | 'countdown'
  | 'photo'
  | 'talking_points'
  | 'link'
  | 'barcode'
  | 'id'
  | MoreId;

/** What a sheet may say besides; the template is short without. */
export type MoreId =
  | 'evidence'
  | 'coupon'
  | 'gift'
  | 'limit'
  | 'steps'
  | 'starts'
  | 'ends'
  | 'offer_period'
  | 'origin'
  | 'grower'
  | 'harvested'
  | 'origin_evidence'
  | 'shipping'
  | 'shelf_life'
  | 'size_guide'
  | 'usage'
  | 'after_sales'
  | 'planned'
  | 'demonstration'
  | 'holder';

interface Column {
  id: ColumnId;
  header: string;
  /** What the two example rows say. */
  examples: readonly [string, string];
}

const ZH: readonly Column[] = [
  { id: 'title', header: '商品名称', examples: ['手工辣椒酱', '东北大米'] },
  { id: 'live_price', header: '直播价', examples: ['19.90', '59'] },
  { id: 'list_price', header: '日常价', examples: ['29.90', '88'] },
  { id: 'currency', header: '币种', examples: ['CNY', 'CNY'] },
  { id: 'stock', header: '库存', examples: ['100', ''] },
  { id: 'spec', header: '规格', examples: ['200 克玻璃瓶', '10 斤'] },
  { id: 'short_title', header: '短标题', examples: ['辣椒酱', '大米'] },
  { id: 'title_other', header: '英文标题', examples: ['Handmade chilli sauce', ''] },
  { id: 'countdown', header: '倒计时(秒)', examples: ['300', '180'] },
  { id: 'photo', header: '图片', examples: ['', ''] },
  { id: 'talking_points', header: '卖点1', examples: ['小锅现炒', '当年新米'] },
  { id: 'talking_points', header: '卖点2', examples: ['不加防腐剂', ''] },
  { id: 'link', header: '链接', examples: ['', ''] },
  { id: 'barcode', header: '条码', examples: ['', ''] },
  { id: 'id', header: '商品编号', examples: ['sauce-200', 'rice-10'] },
];

const EN: readonly Column[] = [
  { id: 'title', header: 'Title', examples: ['Handmade soap', 'Linen apron'] },
  { id: 'live_price', header: 'Live price', examples: ['9.99', '24.00'] },
  { id: 'list_price', header: 'List price', examples: ['12.50', '32.00'] },
  { id: 'currency', header: 'Currency', examples: ['USD', 'USD'] },
  { id: 'stock', header: 'Stock', examples: ['100', ''] },
  { id: 'spec', header: 'Size', examples: ['100 g bar', 'One size'] },
  { id: 'short_title', header: 'Short title', examples: ['Soap', 'Apron'] },
  { id: 'title_other', header: 'Chinese title', examples: ['', ''] },
  { id: 'countdown', header: 'Countdown (seconds)', examples: ['300', '180'] },
  { id: 'photo', header: 'Photo', examples: ['', ''] },
  { id: 'talking_points', header: 'Talking point 1', examples: ['Made in small batches', 'Washes at 40 °C'] },
  { id: 'talking_points', header: 'Talking point 2', examples: ['No palm oil', ''] },
  { id: 'link', header: 'Link', examples: ['', ''] },
  { id: 'barcode', header: 'Barcode', examples: ['', ''] },
  { id: 'id', header: 'SKU', examples: ['soap-100', 'apron-1'] },
];

export function columnsOf(lang: Lang): readonly Column[] {
  return lang === 'zh-CN' ? ZH : EN;
}

/** A sheet with these columns and two products. It begins with a byte order mark, so that Excel reads it as UTF-8. */
export function templateOf(lang: Lang): string {
  const columns = columnsOf(lang);
  const cell = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const rows = [
    columns.map(({ header }) => header),
    columns.map(({ examples }) => examples[0]),
    columns.map(({ examples }) => examples[1]),
  ];
  return `\uFEFF${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

const MORE: Record<MoreId, readonly [zh: string, en: string]> = {
  coupon: ['优惠券', 'Coupon'],
  gift: ['赠品', 'Gift'],
  limit: ['每人限购', 'Limit per person'],
  steps: ['降价阶梯', 'Price drops'],
  starts: ['开始时间', 'Offer starts'],
  ends: ['结束时间', 'Offer ends'],
  offer_period: ['活动时间', 'Offer period'],
  evidence: ['日常价依据', 'Price evidence'],
  origin: ['产地', 'Origin'],
  grower: ['种植户', 'Grower'],
  harvested: ['采摘日期', 'Harvest date'],
  origin_evidence: ['产地证明', 'Origin evidence'],
  shipping: ['发货', 'Shipping'],
  shelf_life: ['保质期', 'Shelf life'],
  size_guide: ['尺码说明', 'Size guide'],
  usage: ['用法', 'How to use'],
  after_sales: ['售后', 'After-sales'],
  planned: ['讲解时长(分钟)', 'Planned minutes'],
  demonstration: ['演示动作', 'Demonstration'],
  holder: ['讲解人', 'Presenter'],
};

/** Further columns of a sheet, as this language calls them. */
export function moreColumnsOf(lang: Lang): readonly { id: MoreId; header: string }[] {
  const place = lang === 'zh-CN' ? 0 : 1;
  return (Object.keys(MORE) as MoreId[]).map((id) => ({ id, header: MORE[id][place] }));
}
