// The table's rows and cells of what was sold and of what destinations did not get.
import { t } from '../messages/text.ts';
import { amountText } from '../state/typed.ts';
import type { RecapView, Sales, Takings } from '../wire/types.ts';

type Row = (string | number)[];

/** Cells that every row has before those of sales. */
const BEFORE = 10;

export function saleHeads(): string[] {
  return [
    t('after.csv_paid'),
    t('after.csv_open'),
    t('after.csv_refunded'),
    t('after.csv_cancelled'),
    t('after.csv_amount'),
    t('after.csv_amount_back'),
    t('after.csv_currency'),
    t('after.csv_dropped'),
  ];
}

/** The row with its sales, and one more for each further currency. Empty cells where no shop told of any. */
export function withSales(row: Row, sales: Sales | null, takings: readonly Takings[]): Row[] {
  const units = sales === null ? ['', '', '', ''] : [sales.paid, sales.open, sales.refunded, sales.cancelled];
  const money = (of: Takings | undefined): Row =>
    of === undefined ? ['', '', ''] : [amountText(of.paid), amountText(of.refunded), of.paid.currency];
  const more = takings.slice(1).map((of) => [...row, '', '', '', '', ...money(of), '']);
  return [[...row, ...units, ...money(takings[0]), ''], ...more];
}

/** A row of as many cells as the others. */
export function padded(row: Row): Row {
  const missing = BEFORE + saleHeads().length - row.length;
  return [...row, ...Array.from({ length: missing }, () => '')];
}

/** Minute by minute: chat and sales, where there was any. */
export function minuteRows({ recap, totals }: RecapView): Row[] {
  return recap.minutes.flatMap((minute, index) => {
    const { sales } = minute;
    const sold = sales.paid + sales.open + sales.refunded + sales.cancelled;
    if (minute.chat_lines + sold === 0) return [];
    const at = new Date(recap.began + index * 60_000).toISOString();
    const row = [t('after.csv_minute'), at, 60, '', '', minute.chat_lines, minute.questions, '', '', ''];
    return withSales(row, totals.sales === null ? null : sales, minute.takings);
  });
}

/** Minute by minute: pictures that a destination did not get. */
export function dropRows({ recap }: RecapView): Row[] {
  return recap.drops.map((drop) => {
    const at = new Date(recap.began + drop.minute * 60_000).toISOString();
    const row = [t('after.csv_drop'), at, 60, drop.destination, drop.name, '', '', '', '', ''];
    return [...row, '', '', '', '', '', '', '', drop.pictures];
  });
}
