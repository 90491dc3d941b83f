// The settings of orders behind the mock engine.
import type { OrdersView } from '../src/wire/types.ts';

export function ordersView(trouble: boolean): OrdersView {
  const now = Date.now();
  return {
    shops: [
      {
        shop: 'shopify',
        address: 'http://127.0.0.1:40123/api/orders/shopify',
        since: now - 5_000_000,
        has_secret: true,
        heard_at: now - 42_000,
        topic: 'orders/paid',
        taken: 104,
        repeated: 7,
        older: 2,
        unsigned: trouble ? 3 : 0,
        error: trouble ? 'signature' : '',
      },
      {
        shop: 'woocommerce',
        address: 'http://127.0.0.1:40123/api/orders/woocommerce',
        since: null,
        has_secret: false,
        heard_at: null,
        topic: '',
        taken: 0,
        repeated: 0,
        older: 0,
        unsigned: 0,
        error: '',
      },
    ],
    list: {
      path: '/home/li/店铺/库存.csv',
      read_at: now - 300_000,
      rows: 42,
      unknown: 3,
      unknown_lines: [7, 12, 40],
      bad_rows: trouble ? 2 : 0,
      bad_lines: trouble ? [5, 9] : [],
      error: trouble ? 'no_header' : '',
    },
    unknown: [{ called: '礼品卡 Gift card', units: 4 }],
    unnamed_refunds: trouble ? 2 : 0,
  };
}
